"""The named lists of orders: a number on Today and the list behind it are the same entry of this table."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.timezone import get_current_timezone
from django.utils.translation import gettext_lazy as _

from trivet.fulfillment.queries.desk import HELD, READY, Work, due, has, late
from trivet.fulfillment.queries.phrase import orders_of
from trivet.fulfillment.queries.sight import limited
from trivet.orders.queries.desk import OrderFilter
from trivet.orders.rules.language import Phrase, Term, parse, print_term, printed
from trivet.web.shell.access import own_places
from trivet.web.shell.badges import VOCABULARY
from trivet.web.shell.reading import asked

_LIVING = OrderFilter(lifecycle="living")


@dataclass(frozen=True, slots=True)
class NamedList:
    """One list: what it is called, what an empty one means, and how orders get into it."""

    key: str
    label: str | Promise
    icon: str
    empty: str | Promise
    orders: OrderFilter = _LIVING

    def work(self, now: datetime) -> Work | None:
        """The condition on fulfillment orders, for lists that are about work."""
        if self.key == "late":
            return late(now)
        if self.key == "due":
            return due(now)
        return {"ready": READY, "on_hold": HELD}.get(self.key)

    def wanted(self, now: datetime, place: str = "") -> OrderFilter:
        """The orders of the list, at one place where it is named."""
        work = self.work(now)
        if self.key == "on_hold" and not place:
            return self.orders
        if work is None and place:
            work = Work()
        if work is None:
            return self.orders
        return replace(self.orders, fulfillment="", also=(has(replace(work, place=place)),))


LISTS = (
    NamedList("open", _("Open"), "progress",
              _("No order waits. New orders come in through a channel, a file or the API.")),
    NamedList("late", _("Late"), "clock-exclamation", _("Nothing is late. What should have left has left.")),
    NamedList("due", _("Leaves within 24 hours"), "truck", _("Nothing has to leave within 24 hours.")),
    NamedList("ready", _("Ready to pick"), "package", _("Nothing is ready to pick.")),
    NamedList("on_hold", _("On hold"), "hand-stop", _("No order is held."),
              OrderFilter(lifecycle="living", fulfillment="on_hold")),
    NamedList("backordered", _("Backordered"), "clock-pause", _("No order waits for goods."),
              OrderFilter(lifecycle="living", backordered=True)),
    NamedList("unpaid", _("Not paid"), "cash-off", _("Every open order is paid or authorised."),
              OrderFilter(lifecycle="living", payment="pending")),
    NamedList("owed", _("To pay back"), "arrow-back-up", _("No customer waits for money back."),
              OrderFilter(owed=True)),
    NamedList("all", _("All"), "list-details",
              _("There are no orders yet. Import a file or connect a channel to see the first one."), OrderFilter()),
)  # fmt: skip
BY_KEY = {named.key: named for named in LISTS}

_CLICKS = ("payment", "fulfillment", "delivery", "hold", "channel", "place", "tag")


def chosen(request: HttpRequest) -> NamedList:
    """The list that the address names; a search looks everywhere unless told otherwise."""
    default = "all" if asked(request, "q") or asked(request, "hold") else "open"
    return BY_KEY[asked(request, "view", BY_KEY) or default]


def phrase_of(request: HttpRequest) -> Phrase:
    """What was typed and clicked, as one filter; a click stands for what was typed of its word.

    :class:`Invalid` names the word that cannot be meant.
    """
    phrase = parse(asked(request, "q"))
    lifecycle = asked(request, "lifecycle", VOCABULARY["lifecycle"])
    phrase = phrase.narrowed("status", lifecycle) if lifecycle else phrase
    for word in _CLICKS:
        if value := asked(request, word, VOCABULARY.get(word)):
            phrase = phrase.narrowed(word, value)
    return phrase


def filter_of(request: HttpRequest, phrase: Phrase, now: datetime) -> OrderFilter:
    """The named list narrowed by ``phrase``, in days of the reader."""
    place = phrase.value("place")
    # The named list knows what work at a place means for it.
    rest = phrase.less(Term("place", ":", (place,))) if place else phrase
    wanted = chosen(request).wanted(now, place)
    return limited(orders_of(rest, now, get_current_timezone(), wanted, place), own_places(request))


@dataclass(frozen=True, slots=True)
class Chip:
    """A condition of the filter as it is typed, and the filter without it."""

    label: str
    without: str


def chips(phrase: Phrase) -> list[Chip]:
    """The conditions of the filter, each to be taken away by a click."""
    return [Chip(print_term(term), printed(phrase.less(term))) for term in phrase.terms]
