"""Verbs of the journal. ``record`` belongs in the transaction that makes its fact true."""

from trivet.journal.actions.record import EVENT_COLUMNS, event_row, record, record_many

__all__ = ["EVENT_COLUMNS", "event_row", "record", "record_many"]
