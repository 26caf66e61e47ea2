"""The ways to pay a refund: by hand, the shop's own service, Stripe."""
