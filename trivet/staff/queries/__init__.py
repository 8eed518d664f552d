"""Reads of people and API keys."""
