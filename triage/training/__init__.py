"""How the bundled models are made. Only the `train_*` commands import it."""
