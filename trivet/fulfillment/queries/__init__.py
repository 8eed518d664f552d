"""Reads of fulfillment orders: those of one order, work of a place, conditions for the order list."""
