"""Speed as ratios to a baseline of the same run, never a timed test. `make bench` runs all."""
