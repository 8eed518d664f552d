"""Verbs of this room."""

from trivet.customers.actions.identity import join, join_many, separate
from trivet.customers.actions.profile import change_customer

__all__ = ["change_customer", "join", "join_many", "separate"]
