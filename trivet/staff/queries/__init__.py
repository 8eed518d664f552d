"""Reads of people and API keys."""

from trivet.staff.queries.access import KeyRow, key_for, live_keys, places_of
from trivet.staff.queries.desk import KeyView, PersonView, anybody, api_key, api_keys, people, person

__all__ = [
    "KeyRow",
    "KeyView",
    "PersonView",
    "anybody",
    "api_key",
    "api_keys",
    "key_for",
    "live_keys",
    "people",
    "person",
    "places_of",
]
