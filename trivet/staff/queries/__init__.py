"""Reads of people and API keys."""

from trivet.staff.queries.access import KeyRow, key_for, live_keys, places_of
from trivet.staff.queries.desk import KeyView, PersonView, api_keys, people

__all__ = ["KeyRow", "KeyView", "PersonView", "api_keys", "key_for", "live_keys", "people", "places_of"]
