"""Promises on money: a ledger of authorisations, captures, voids and refunds that cannot over-capture."""
