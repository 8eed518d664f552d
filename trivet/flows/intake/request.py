"""An order on its way in: checked, frozen and normalised before it joins any group."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from trivet.catalog.rules import line_key
from trivet.customers.rules import Key, keys, normal_email
from trivet.journal.rules import Actor
from trivet.lib.errors import Invalid
from trivet.orders.rules.freeze import FrozenOrder, freeze
from trivet.orders.rules.value import NewOrder, StockMode


@dataclass(frozen=True, slots=True)
class Request:
    """A checked order and how to place it.

    ``mode``: ``live`` promises stock; ``skip`` keeps history without touching stock; ``force`` records sales that
    have happened, even beyond stock. ``key_id`` is the API key to verify again in the group's transaction. ``raw`` is
    the order as it came in, JSON, and ``mapper`` the name and version of what made the order of it.
    """

    order: NewOrder
    frozen: FrozenOrder
    digest: str
    identifiers: tuple[Key, ...]
    email: str
    keys: tuple[str, ...]
    reservation: UUID | None
    actor: Actor
    mode: StockMode
    key_id: UUID | None
    invented: bool
    raw: bytes | None = None
    mapper: str = ""


def prepare(
    order: NewOrder,
    *,
    actor: Actor,
    mode: StockMode = "live",
    key_id: UUID | None = None,
    invented: bool = False,
    raw: bytes | None = None,
    mapper: str = "",
) -> Request:
    """Check ``order`` and work out all that needs no database; :class:`Invalid` names the field at fault."""
    frozen = freeze(order)
    person = order.customer
    country = order.ship_to.country if order.ship_to else ""
    found: tuple[Key, ...] = ()
    email = ""
    if person is not None:
        email = normal_email(person.email)
        if person.email and not email:
            raise Invalid("customer.email", f"{person.email!r} is not an e-mail address")
        found = keys(
            channel=order.channel, external_id=person.external_id, email=person.email, phone=person.phone,
            country=country,
        )  # fmt: skip
    return Request(
        order=order, frozen=frozen, digest=order.sameness(), identifiers=found, email=email,
        keys=tuple([line_key(line.sku, line.title) for line in order.lines]), reservation=_uuid(order.reservation),
        actor=actor, mode=mode, key_id=key_id, invented=invented, raw=raw, mapper=mapper,
    )  # fmt: skip


def _uuid(text: str) -> UUID | None:
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError as error:
        raise Invalid("reservation", "is not the id of a reservation") from error
