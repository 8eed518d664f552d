"""Filters in the language of orders, with the words that are about work: places and lateness."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, tzinfo

from django.db.models import Exists, OuterRef, Q

from trivet.fulfillment.models import FulfillmentOrder
from trivet.fulfillment.queries.desk import READY, WORKING, Work, due, has, late
from trivet.orders.queries.desk import OrderFilter
from trivet.orders.queries.phrase import narrowed
from trivet.orders.rules.language import Phrase, Term


def orders_of(
    phrase: Phrase, now: datetime, zone: tzinfo, base: OrderFilter | None = None, place: str = ""
) -> OrderFilter:
    """The orders of ``base`` (all) that ``phrase`` means. With one place (``place`` or of it), late is late there."""
    place = place or phrase.value("place")

    def work(term: Term) -> Q:
        if term.word == "place":
            at = FulfillmentOrder.objects.filter(
                order=OuterRef("pk"), state__in=WORKING, location__code__in=term.values
            )
            return Q(Exists(at))
        found: Work = {"late": late(now), "due": due(now), "ready": READY}[term.values[0]]
        return has(replace(found, place=place))

    return narrowed(base or OrderFilter(), phrase, now, zone, work)
