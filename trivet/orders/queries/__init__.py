"""Reads of orders: the desk's list, one order with all that belongs to it, counts of what waits."""
