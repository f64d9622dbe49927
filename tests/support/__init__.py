"""What several test folders lean on: servers and programs from outside, found or missed aloud."""
