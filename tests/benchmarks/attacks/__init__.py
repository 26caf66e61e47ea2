"""Instructions hidden in tickets, through the real steps: does any of them move a refund?"""
