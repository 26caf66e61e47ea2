"""Replies on their way out: the text an agent types, its row and receipt, the mail."""
