"""Verbs of the set-up. Each raises the revision, so that no process works with a stale picture of it."""

from trivet.company.actions.brands import add_brand, rename_brand
from trivet.company.actions.channels import add_channel, change_channel, serve, stop_serving
from trivet.company.actions.places import add_place, change_place

__all__ = [
    "add_brand",
    "add_channel",
    "add_place",
    "change_channel",
    "change_place",
    "rename_brand",
    "serve",
    "stop_serving",
]
