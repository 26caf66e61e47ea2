"""Prompt injections hidden in tickets, through the real steps: does one move a refund?"""
