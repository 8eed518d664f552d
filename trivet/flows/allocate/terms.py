"""Changing on what terms, and when, all waiting orders are weighed."""

from __future__ import annotations

from datetime import datetime

from trivet.company.rules import is_timezone
from trivet.flows.story import story
from trivet.journal.rules import Actor
from trivet.lib.errors import Invalid
from trivet.routing.actions.allocation import set_terms
from trivet.routing.rules.allocation import Terms


@story
def change_terms(terms: Terms, *, by: Actor, now: datetime) -> None:
    """Put ``terms`` in force. :class:`Invalid` names the field at fault."""
    if not is_timezone(terms.timezone):
        raise Invalid("timezone", "must be an IANA time zone such as Europe/London")
    set_terms(terms, by=by, now=now)
