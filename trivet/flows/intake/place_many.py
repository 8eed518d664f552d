"""The one way in: placing a group of orders in the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import psycopg
from django.db import connection

from trivet.company.queries import setup
from trivet.customers.actions.join import join
from trivet.flows import jobs
from trivet.flows.intake.decide import Decided, decide
from trivet.flows.intake.picture import read
from trivet.flows.intake.request import Request
from trivet.flows.intake.result import Result
from trivet.flows.intake.write import write
from trivet.flows.routes import router
from trivet.journal.rules import SYSTEM
from trivet.lib.errors import OutOfStock
from trivet.lib.group_commit import Early


def place_many(
    group: Sequence[Request], *, now: datetime, locked: bool = True, refused: Early | None = None
) -> list[Result | Exception]:
    """Place ``group`` in the open transaction; one result or domain error a request, in order.

    A request that is refused leaves nothing behind and does not touch the others. Everything else (a lost
    connection, a deadlock, a unique key taken by a group that committed first) is raised: the caller's transaction
    must be rolled back and the group done again; so is :class:`Lapsed`, once those reservations have ended.

    With ``locked`` the stock is locked before it is looked at; without, it is looked at, and locked only for the
    guarded write at the end: many groups then go on side by side, and one that finds too little stock raises
    :class:`Contested` or :class:`LostRace`, to be done again with locks. Who is refused whatever becomes of the group
    is told to ``refused`` before anything is written.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("place_many needs an open transaction")
    known = setup()
    conn: psycopg.Connection[Any] = connection.connection
    picture = read(conn, known, group, now, locked=locked)
    decisions = decide(picture, list(group), router(known, now))
    if refused is not None:
        for place in decisions.final:
            answer = decisions.answers[place]
            assert isinstance(answer, OutOfStock)
            refused(place, answer)
    _number(conn, [d for d in decisions.answers if isinstance(d, Decided)])
    living = [d.id for d in decisions.answers if isinstance(d, Decided) and d.request.mode != "skip"]
    if living:
        jobs.defer_after_placing(living)
    # The last statements of the write hold stock rows, so nothing but the commit comes after them where it can be.
    placed = write(conn, picture, decisions)
    for one, other, reason in decisions.joins:
        join(one, other, reason=reason, by=SYSTEM, now=now)
    return [Result("created", a.id, placed[a.id]) if isinstance(a, Decided) else a for a in decisions.answers]


def _number(conn: psycopg.Connection[Any], orders: Sequence[Decided]) -> None:
    # Only now: who was refused, or is decided again under lock, would leave a gap that people ask about.
    if orders:
        drawn = conn.execute("SELECT nextval('orders_number_seq') FROM generate_series(1, %s)", [len(orders)])
        for order, (number,) in zip(orders, drawn.fetchall(), strict=True):
            order.number = number
