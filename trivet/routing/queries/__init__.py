"""Reads of policies and decisions."""
