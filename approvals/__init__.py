"""The human: refunds wait here for people. Imports tickets only."""
