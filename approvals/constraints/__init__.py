"""What the database itself refuses, whoever writes to it."""
