"""The shell: command line, configuration, clock, HTTP, channels, timers and delivery."""
