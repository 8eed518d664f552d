"""Verbs of the journal. ``record`` belongs in the transaction that makes its fact true."""

from trivet.journal.actions.record import EVENTS, event_dict, record, record_many

__all__ = ["EVENTS", "event_dict", "record", "record_many"]
