"""Reads of the company: brands, places, channels."""
