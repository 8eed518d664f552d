"""Promises on stock: an append-only ledger and guarded counters that cannot oversell."""
