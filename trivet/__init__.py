"""Trivet: orders, returns and service for brands that sell through several channels."""

__version__ = "0.1.0"
