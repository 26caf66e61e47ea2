"""Harbour & Pine, the demo company: its policies, rules, customers, orders and tickets."""
