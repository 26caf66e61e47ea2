"""The adapters. ML libraries are imported here, inside functions, and nowhere else."""
