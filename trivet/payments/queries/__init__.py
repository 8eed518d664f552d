"""Reads of the money ledger."""
