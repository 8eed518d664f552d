"""Verbs of people and API keys."""
