"""Rows, values, servers and processes that tests share. No tests in here."""
