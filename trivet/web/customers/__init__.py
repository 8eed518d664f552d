"""Customers: list and profile."""
