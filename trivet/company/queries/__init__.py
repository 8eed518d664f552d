"""Reads of the company's set-up."""

from trivet.company.queries.setup import ChannelRow, PlaceRow, Serving, Setup, revision, setup

__all__ = ["ChannelRow", "PlaceRow", "Serving", "Setup", "revision", "setup"]
