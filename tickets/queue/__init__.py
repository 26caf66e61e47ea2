"""The row is the queue."""
