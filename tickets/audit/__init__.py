"""What can be checked afterwards: receipts in a chain, and changes of knobs with their reasons."""
