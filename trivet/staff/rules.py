"""Who may do what: one table of verbs for people (by role) and API keys (by scope)."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Collection
from uuid import UUID

ROLES = ("owner", "operations", "warehouse", "support", "analyst")

_ALL = frozenset(ROLES)
_DESK = frozenset({"owner", "operations"})

MAY: dict[str, frozenset[str]] = {
    "order.view": _ALL,
    "order.place": frozenset({"owner", "operations", "support"}),
    "order.edit": frozenset({"owner", "operations", "support"}),
    "order.cancel": frozenset({"owner", "operations", "support"}),
    "order.hold": frozenset({"owner", "operations", "support", "warehouse"}),
    "order.allocate": _DESK,
    "customer.view": frozenset({"owner", "operations", "support", "analyst"}),
    "customer.edit": frozenset({"owner", "operations", "support"}),
    "payment.view": frozenset({"owner", "operations", "support", "analyst"}),
    "payment.record": _DESK,
    "stock.view": _ALL,
    "stock.reserve": frozenset({"owner", "operations", "support"}),
    "stock.adjust": frozenset({"owner", "operations", "warehouse"}),
    "stock.receive": frozenset({"owner", "operations", "warehouse"}),
    "stock.approve": _DESK,
    "stock.transfer": frozenset({"owner", "operations", "warehouse"}),
    "catalog.view": _ALL,
    "catalog.edit": _DESK,
    "exception.view": _ALL,
    "exception.resolve": frozenset({"owner", "operations", "support", "warehouse"}),
    "import.run": _DESK,
    "event.read": frozenset({"owner", "operations", "analyst"}),
    "settings.view": frozenset({"owner", "operations", "analyst"}),
    "settings.edit": _DESK,
    "staff.edit": frozenset({"owner"}),
}
"""Verb → roles. A scope of an API key is a verb of this table, or ``*`` for all but ``staff.edit``, which a key only
has when it names it."""

VERBS = tuple(MAY)

FACT_VERBS: dict[str, str] = {
    "order": "order.view", "fulfillment_order": "order.view", "payment": "payment.view", "customer": "customer.view",
    "stock": "stock.view", "adjustment": "stock.view", "reservation": "stock.view", "backorder_limit": "stock.view",
    "availability": "stock.view", "transfer": "stock.view", "allocation": "order.allocate",
    "product": "catalog.view", "listing": "catalog.view", "exception": "exception.view", "import": "import.run",
    "brand": "settings.view", "place": "settings.view", "channel": "settings.view", "routing_policy": "settings.view",
    "user": "staff.edit", "api_key": "staff.edit",
}  # fmt: skip
"""What a fact is about (its kind up to the dot) → the verb that one needs to read it, wherever it is told: in a
timeline, or in the change feed."""

Places = frozenset[UUID] | None
"""The places that a person or key is tied to (row H9); None: to none, so all are theirs."""

PLACE_VERBS = frozenset({
    "order.view", "order.edit", "order.cancel", "order.hold", "payment.view", "payment.record", "stock.view",
    "stock.adjust", "stock.receive", "stock.approve", "stock.transfer", "catalog.view", "exception.view",
    "exception.resolve",
})  # fmt: skip
"""What can be done place by place. Who is tied to places may do nothing else: the other verbs concern the company as a
whole (an order may take stock of any place, a customer buys everywhere, the feed tells of everything). They see orders
that their places ship or hand out, whole; they change an order that no other place ships; they see and change stock of
their places. The owner is never tied."""

KEY_PREFIX = "tvk_"


def may(role: str, verb: str) -> bool:
    """Whether ``role`` may do ``verb``; an unknown verb is a mistake in the program."""
    return role in MAY[verb]


def place_verb(places: Places, verb: str) -> bool:
    """Whether who is tied to ``places`` may do ``verb`` at all, before it is asked where."""
    return places is None or verb in PLACE_VERBS


def facts_for(may_do: Callable[[str], bool]) -> frozenset[str]:
    """What facts may be about for who may do what ``may_do`` says."""
    return frozenset(about for about, verb in FACT_VERBS.items() if may_do(verb))


def scope_may(scopes: Collection[str], verb: str) -> bool:
    """Whether an API key with ``scopes`` may do ``verb``."""
    if verb not in MAY:
        return False
    return verb in scopes or ("*" in scopes and verb != "staff.edit")


def may_give(scopes: Collection[str], wanted: Collection[str]) -> bool:
    """Whether a key with ``scopes`` may hand on ``wanted`` (scopes): nobody gives what they do not have."""
    verbs = {verb for verb in VERBS if scope_may(wanted, verb)}
    return all(scope_may(scopes, verb) for verb in verbs)


def verbs_of(role: str) -> tuple[str, ...]:
    """What ``role`` may do."""
    return tuple(verb for verb, roles in MAY.items() if role in roles)


def new_secret() -> str:
    """A fresh API key: recognisable prefix and 256 random bits. Shown once, stored as a digest."""
    return KEY_PREFIX + secrets.token_urlsafe(32)


def secret_digest(secret: str) -> str:
    """What is stored of a key. SHA-256 suffices: the secret is random, not a password."""
    return hashlib.sha256(secret.encode()).hexdigest()
