"""Exceptions: what the machine could not decide, and SKUs that wait for a mapping."""
