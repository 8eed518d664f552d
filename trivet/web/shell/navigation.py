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


WITHIN = (
    Entry("exceptions", _("Exceptions"), "exclamation-circle", "exceptions", "exception.view", ""),
    Entry("settled", _("Settled cases"), "list-details", "exceptions_settled", "exception.view", ""),
    Entry("mapping", _("Unknown SKUs"), "tag", "mapping", "exception.view", ""),
    Entry("late", _("Late orders"), "clock-exclamation", "orders", "order.view", "?view=late"),
    Entry("held", _("Orders on hold"), "hand-stop", "orders", "order.view", "?view=on_hold"),
    Entry("owed", _("Orders to pay back"), "arrow-back-up", "orders", "order.view", "?view=owed"),
    Entry("adjustments", _("Adjustments to confirm"), "shield-question", "adjustments", "stock.view", ""),
    Entry("imports", _("Import a file"), "package-import", "imports", "import.run", ""),
    Entry("routing", _("Routing policy"), "route", "routing", "settings.view", ""),
    Entry("place_new", _("Add a place"), "plus", "place_new", "settings.edit", ""),
    Entry("channel_new", _("Add a channel"), "plus", "channel_new", "settings.edit", ""),
    Entry("person_new", _("Add a person"), "plus", "person_new", "staff.edit", ""),
    Entry("keys", _("API keys"), "key", "keys", "staff.edit", ""),
    Entry("profile", _("Your profile"), "user", "profile", "order.view", ""),
)
"""What the palette goes to besides: pages within the desks, and things to do. ``prefix`` is added to the address."""


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


def palette(request: HttpRequest) -> list[Link]:
    """What this person may go to or do by a few letters, beyond the desks."""
    return [
        Link(e.label, e.icon, f"{reverse(e.page)}{e.prefix}", False)
        for e in WITHIN
        if allowed(request, e.verb)
    ]
