"""The record: what customers wrote, what was done about it, and the proof. Imports no app."""
