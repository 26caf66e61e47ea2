"""The processes, the broker, the private database and the files of a running shop."""
