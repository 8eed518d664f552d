"""Verbs of people and API keys."""

from trivet.staff.actions.keys import create_api_key, note_use, revoke_api_key
from trivet.staff.actions.people import add_user, change_user, deactivate_user, reactivate_user, set_password
from trivet.staff.actions.preferences import prefer

__all__ = [
    "add_user",
    "change_user",
    "create_api_key",
    "deactivate_user",
    "note_use",
    "prefer",
    "reactivate_user",
    "revoke_api_key",
    "set_password",
]
