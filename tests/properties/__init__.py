"""What has to hold after any sequence of steps."""
