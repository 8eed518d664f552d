"""Reads of customers: the list, one profile with its identifiers."""
