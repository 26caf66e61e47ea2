"""Learning from people: examples, classifier versions, their comparison and activation."""
