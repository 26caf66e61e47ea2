"""What steps, engines and the runner agree on: case, slots, outputs, outcomes, checks. Pure."""
