"""The shell of the machine: builds the case, runs the steps, writes receipts, routes the ticket."""
