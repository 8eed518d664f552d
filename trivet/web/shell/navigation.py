"""The one navigation: what exists and what this person may open. Desks of later issues are added when built."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from trivet.web.shell.access import allowed


@dataclass(frozen=True, slots=True)
class Entry:
    """One desk: ``key`` marks it as current, ``verb`` is what it needs, ``page`` its URL name."""

    key: str
    label: str | Promise
    icon: str
    page: str
    verb: str
    prefix: str


ENTRIES = (
    Entry("today", _("Today"), "home", "today", "order.view", "/today"),
    Entry("orders", _("Orders"), "shopping-cart", "orders", "order.view", "/orders"),
    Entry("customers", _("Customers"), "users", "customers", "customer.view", "/customers"),
    Entry("stock", _("Products & stock"), "packages", "stock", "stock.view", "/stock"),
    Entry("settings", _("Settings"), "settings", "settings", "settings.view", "/settings"),
)


@dataclass(frozen=True, slots=True)
class Link:
    """An entry as the page shows it."""

    label: str | Promise
    icon: str
    url: str
    current: bool


def links(request: HttpRequest) -> list[Link]:
    """The entries that this person may open, the current one marked."""
    return [
        Link(e.label, e.icon, reverse(e.page), request.path.startswith(e.prefix))
        for e in ENTRIES
        if allowed(request, e.verb)
    ]
