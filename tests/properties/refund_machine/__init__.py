"""A state machine of the whole money path: people, customers, the shop, workers and forgers."""
