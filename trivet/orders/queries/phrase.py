"""Filters in the language of orders as conditions of the order list, for all words that are about orders alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, tzinfo
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from django.db.models import Exists, OuterRef, Q

from trivet.lib.money import exponent, unusual
from trivet.orders.models import OWED, Hold, OrderLine
from trivet.orders.queries.desk import LIVING, OrderFilter
from trivet.orders.rules.language import Phrase, Term
from trivet.orders.rules.moments import span

_COLUMNS = {
    "payment": "payment_status", "fulfillment": "fulfillment_status", "delivery": "delivery_status",
    "channel": "channel__slug", "country": "country", "currency": "currency",
}  # fmt: skip
_LOOKUPS = {":": "", ">": "__gt", ">=": "__gte", "<": "__lt", "<=": "__lte"}
LARGEST_INT = 2**31 - 1

Elsewhere = Callable[[Term], Q]
"""How a room downstream reads a term that orders alone cannot: places and lateness."""


def narrowed(
    base: OrderFilter, phrase: Phrase, now: datetime, zone: tzinfo, elsewhere: Elsewhere
) -> OrderFilter:
    """``base`` and what ``phrase`` says; days are days of ``zone``."""
    conditions: list[Q] = []
    tag = base.tag
    for term in phrase.terms:
        if term.word == "tag" and not (term.without or tag) and len(term.values) == 1:
            # One tag is a way into the list with an index of its own.
            tag = term.values[0]
            continue
        found = _condition(term, phrase, now, zone, elsewhere)
        conditions.append(~found if term.without else found)
    text = " ".join(part for part in (base.search.strip(), phrase.text) if part)
    return replace(base, tag=tag, search=text, also=(*base.also, *conditions))


def _condition(term: Term, phrase: Phrase, now: datetime, zone: tzinfo, elsewhere: Elsewhere) -> Q:
    match term.word:
        case "status":
            return _any(LIVING if value == "living" else Q(lifecycle=value) for value in term.values)
        case "hold":
            held = Hold.objects.filter(order=OuterRef("pk"), released_at=None)
            return Q(Exists(held if "any" in term.values else held.filter(kind__in=term.values)))
        case "tag":
            return Q(tags__overlap=list(term.values)) & ~Q(tags=[])
        case "placed":
            return _any(_placed(*span(term.compare, value, now, zone)) for value in term.values)
        case "total":
            return _any(
                _total(term.compare, Decimal(value), phrase.value("currency")) for value in term.values
            )
        case "units":
            lookup = f"units{_LOOKUPS[term.compare]}"
            return _any(Q(**{lookup: min(int(value), LARGEST_INT)}) for value in term.values)
        case "is":
            return _any(_OWN.get(value, elsewhere)(replace(term, values=(value,))) for value in term.values)
        case "place":
            return elsewhere(term)
    column = _COLUMNS[term.word]
    return Q(**{column: term.values[0]}) if len(term.values) == 1 else Q(**{f"{column}__in": term.values})


def _unmapped(term: Term) -> Q:
    return Q(Exists(OrderLine.objects.filter(order=OuterRef("pk"), variant=None)))


_OWN: dict[str, Elsewhere] = {
    "backordered": lambda term: Q(units_backordered__gt=0),
    "owed": lambda term: OWED,
    "unmapped": _unmapped,
}


def _any(conditions: Iterable[Q]) -> Q:
    found: Q | None = None
    for condition in conditions:
        found = condition if found is None else found | condition
    return found if found is not None else Q()


def _placed(since: datetime | None, until: datetime | None) -> Q:
    found = Q()
    if since is not None:
        found &= Q(placed_at__gte=since)
    return found if until is None else found & Q(placed_at__lt=until)


def _total(compare: str, amount: Decimal, currency: str) -> Q:
    if currency:
        return _minor(compare, amount, exponent(currency))
    rare = unusual()
    odd = [code for codes in rare.values() for code in codes]
    usual = _minor(compare, amount, 2) & ~Q(currency__in=odd)
    return _any([usual, *(_minor(compare, amount, n) & Q(currency__in=codes) for n, codes in rare.items())])


def _minor(compare: str, amount: Decimal, digits: int) -> Q:
    scaled = amount.scaleb(digits)
    rounding = ROUND_CEILING if compare in {">=", "<"} else ROUND_FLOOR
    whole = int(scaled.to_integral_value(rounding))
    if compare == ":" and whole != scaled:
        return Q(pk__in=[])
    return Q(**{f"total_minor{_LOOKUPS[compare]}": whole})
