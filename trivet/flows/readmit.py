"""Taking in what an older mapper turned down: once it is mended, the rows kept of such orders can be placed (row A13).

An import keeps the rows of every order that its mapper refuses or skips, in the words of the file and with how the
order was to touch stock. Mapped again, they may make an order today. It is placed exactly once: the channel and its
external id name it, and an order that is there already, whatever its content, is told and never changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from trivet.flows.intake import Request, Result, place_group, prepare
from trivet.flows.remap import Scope, receipts_of
from trivet.flows.story import story
from trivet.journal.actions.receipts import mark_applied
from trivet.journal.models import Receipt
from trivet.journal.rules import SYSTEM, Actor
from trivet.lib.errors import DomainError, Invalid
from trivet.orders.models import Order
from trivet.partners.files.verdicts import Mapped, Verdict

Mapper = Callable[[Any], Mapped]
"""From the kept rows of one key to what they come to today."""

Outcome = Literal["placeable", "placed", "stored", "refused"]
BATCH = 250


@dataclass(slots=True)
class Readmitted:
    """What mapping again came to; ``rows`` are the verdicts of the file's rows, ``mapper`` is that of the refusal.

    ``placeable`` would be placed, ``placed`` was, ``stored`` has an order already, ``refused`` makes none today either.
    """

    receipt: UUID
    channel: str
    external_id: str
    mapper: str
    outcome: Outcome = "refused"
    reason: str = ""
    order: UUID | None = None
    rows: list[Verdict] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "channel": self.channel, "external_id": self.external_id, "mapper": self.mapper, "outcome": self.outcome,
            "reason": self.reason, "order": str(self.order) if self.order else None,
            "rows": [{"row": v.row, "verdict": v.verdict, "reason": v.reason, "message": v.message} for v in self.rows],
        }  # fmt: skip

    def as_text(self) -> str:
        """For people, on one line."""
        rows = ", ".join(str(v.row) for v in self.rows)
        why = f": {self.reason}" if self.reason else ""
        return f"{self.channel} {self.external_id} ({self.mapper}) {self.outcome}, rows {rows or '–'}{why}"


def readmit(
    mappers: Mapping[str, Mapper], scope: Scope, *, place: bool = False, by: Actor = SYSTEM
) -> Iterator[Readmitted]:
    """Map again what was turned down in ``scope``, oldest first; without ``place`` nothing is stored.

    ``mappers`` by name, as receipts name them before the slash. Of several versions of one order the last counts.
    """
    last: UUID | None = None
    while batch := list((_waiting(scope) if last is None else _waiting(scope).filter(id__gt=last))[:BATCH]):
        last = batch[-1].id
        yield from _readmit(mappers, batch, place, by)


def _waiting(scope: Scope) -> QuerySet[Receipt]:
    newer = Receipt.objects.filter(
        source=OuterRef("source"), external_id=OuterRef("external_id"), id__gt=OuterRef("id"), state="dead"
    )
    return receipts_of(scope).filter(~Exists(newer), state="dead").order_by("id")


def _readmit(
    mappers: Mapping[str, Mapper], receipts: Sequence[Receipt], place: bool, by: Actor
) -> list[Readmitted]:
    told = [Readmitted(r.id, r.source.partition(":")[2], r.external_id, r.kind) for r in receipts]
    requests = [_request(mappers, r, one, by) for r, one in zip(receipts, told, strict=True)]
    stored = _stored(told)
    fresh: list[tuple[Readmitted, Request]] = []
    for one, request in zip(told, requests, strict=True):
        known = stored.get((one.channel, one.external_id))
        if known is not None:
            _is_stored(one, known, request, place)
        elif request is not None:
            one.outcome = "placeable"
            fresh.append((one, request))
    if place and fresh:
        for (one, _), answer in zip(fresh, place_group([request for _, request in fresh]), strict=True):
            _placed(one, answer)
    return told


def _request(mappers: Mapping[str, Mapper], receipt: Receipt, one: Readmitted, by: Actor) -> Request | None:
    mapper = mappers.get(receipt.kind.partition("/")[0])
    if mapper is None:
        one.reason = f"there is no mapper {receipt.kind!r}"
        return None
    try:
        mapped = mapper(receipt.payload)
        one.rows = mapped.verdicts
        if mapped.order is None:
            one.reason = next((v.message for v in mapped.verdicts if v.message), "no order is made of it")
            return None
        return prepare(mapped.order, actor=by, mode=receipt.payload["stock"])
    except Invalid as error:
        one.reason = f"{error.field}: {error.message}"
        return None


def _stored(told: Sequence[Readmitted]) -> dict[tuple[str, str], tuple[UUID, str]]:
    named = Q()
    for one in told:
        named |= Q(channel__slug=one.channel, external_id=one.external_id)
    rows = Order.objects.filter(named).values_list("channel__slug", "external_id", "id", "digest")
    return {(channel, external_id): (key, digest) for channel, external_id, key, digest in rows}


def _is_stored(one: Readmitted, known: tuple[UUID, str], request: Request | None, place: bool) -> None:
    one.outcome, one.order = "stored", known[0]
    same = request is not None and request.digest == known[1]
    one.reason = "the same order is there" if same else "another order with this external id is there"
    if same and place:
        # Placed before, and cut off before that was noted.
        _note(one.receipt, known[0])


def _placed(one: Readmitted, answer: Result | Exception) -> None:
    if isinstance(answer, Result):
        one.outcome, one.order = "placed" if answer.outcome == "created" else "stored", answer.id
        _note(one.receipt, answer.id)
    elif isinstance(answer, DomainError):
        one.outcome, one.reason = "refused", answer.message
    else:
        raise answer


@story
def _note(receipt: UUID, order: UUID) -> None:
    mark_applied(receipt, order)
