"""Fulfillment orders: which place ships which units of an order, and how far it is."""
