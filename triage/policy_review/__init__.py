"""What a policy would change, and what is wrong with the policies: runs the machine on them."""
