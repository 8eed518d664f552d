"""Reads of stock: the grid, one SKU, its ledger, why a counter is what it is."""
