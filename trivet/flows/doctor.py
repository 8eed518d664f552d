"""The doctor: proves that counters are what their ledgers say, and finds work that is stuck. Changes nothing."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor

from trivet.lib.sql import load
from trivet.orders.models import Order
from trivet.orders.rules.status import Facts, Status, derive

SHOWN = 20
"""Rows of evidence a finding carries at most."""
SAMPLE = 1_000
OLDEST_POSTGRESQL = 150_000


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong: ``error`` when a number contradicts its facts, ``warning`` when work waits.

    ``rows`` are the first pieces of evidence.
    """

    code: str
    severity: Literal["error", "warning"]
    message: str
    rows: list[dict[str, Any]] = field(default_factory=list)


PROOFS = {
    "ledger_and_counters": "stock levels differ from their ledger",
    "allocated_and_allocations": "stock levels differ from the allocations that hold them",
    "reserved_and_reservations": "stock levels differ from the active reservations",
    "incoming_and_transfers": "stock levels expect other units than are on their way",
    "transfers_and_ledger": "transfers differ from what the ledger says of them",
    "backorder_limits": "limits of backorders differ from the lines that wait",
    "order_counters": "orders differ from the sums of their lines",
    "order_holds": "orders count their holds wrongly",
    "line_allocations": "order lines differ from their allocations",
    "fulfillment_units": "fulfillment orders differ from the allocations they ship",
    "line_money": "order lines do not cost what their prices, discounts and taxes make",
    "order_money": "orders differ from the money of their lines and shipping",
    "discount_shares": "order lines differ from the shares of discounts that are kept",
    "routed": "orders hold stock without a routing decision",
    "money_sums": "orders differ from the payments ledger",
    "money_used": "payments differ from the movements made of them",
    "money_parents": "payments do not fit what they are made of",
    "feed_gaps": "the feed has gaps",
}
"""Questions whose answer must be no rows; each is ``sql/<code>.sql``."""


def examine(now: datetime) -> list[Finding]:
    """All findings, from one snapshot of the database: it may be at work meanwhile."""
    unapplied = _migrations()
    if unapplied:
        return [*_installation(), *unapplied]
    with transaction.atomic():
        with connection.cursor() as cursor:
            # A test's surrounding transaction has begun already and is its own snapshot.
            if len(connection.savepoint_ids) == 0:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        return [*_installation(), *_proofs(), *_statuses(), *_stuck(now), *_shortfalls()]


def _installation() -> list[Finding]:
    found = []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('server_version_num')::int, current_setting('fsync'), "
            "current_setting('synchronous_commit'), current_setting('server_encoding')"
        )
        version, fsync, commit, encoding = cursor.fetchone()
    if version < OLDEST_POSTGRESQL:
        found.append(
            Finding("postgresql_too_old", "error", "PostgreSQL 15 or newer is needed", [{"version": version}])
        )
    if fsync != "on" or commit == "off":
        rows = [{"fsync": fsync, "synchronous_commit": commit}]
        found.append(Finding("not_durable", "error", "a crash can lose orders that were answered", rows))
    if encoding != "UTF8":
        found.append(Finding("encoding", "error", "the database must be UTF-8", [{"encoding": encoding}]))
    return found


def _migrations() -> list[Finding]:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    rows = [{"app": migration.app_label, "migration": migration.name} for migration, _ in plan]
    message = f"{len(rows)} migrations are not applied; run `trivet upgrade`"
    return [Finding("migrations", "error", message, rows[:SHOWN])] if rows else []


def _proofs() -> list[Finding]:
    found = []
    for code, message in PROOFS.items():
        rows, total = _ask(load("flows", code))
        if rows:
            found.append(Finding(code, "error", f"{total} {message}", rows))
    return found


def _ask(sql: str) -> tuple[list[dict[str, Any]], int]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT answer.*, count(*) OVER () FROM ({sql}) AS answer LIMIT {SHOWN}")
        names = [column.name for column in cursor.description or ()][:-1]
        rows = cursor.fetchall()
    plain = [[int(value) if isinstance(value, Decimal) else value for value in row[:-1]] for row in rows]
    return [dict(zip(names, row, strict=True)) for row in plain], rows[0][-1] if rows else 0


def _statuses() -> list[Finding]:
    # The newest and the oldest orders: what is written now, and what the latest change of the rules met.
    newest = Order.objects.order_by("-placed_at", "-id")[: SAMPLE // 2]
    oldest = Order.objects.order_by("placed_at", "id")[: SAMPLE // 2]
    wrong = {}
    for order in itertools.chain(newest, oldest):
        stored = Status(
            order.lifecycle, order.payment_status, order.fulfillment_status, order.delivery_status
        )
        right = derive(facts_of(order))
        if stored != right:
            wrong[order.number] = {"number": order.number, "stored": str(stored), "right": str(right)}
    if not wrong:
        return []
    rows = list(wrong.values())
    return [
        Finding("status", "error", f"{len(rows)} orders carry a status that their facts deny", rows[:SHOWN])
    ]


def facts_of(order: Order) -> Facts:
    """What a stored order's status is derived from."""
    return Facts(
        is_draft=order.is_draft, tracked=order.tracked, scheduled=order.scheduled, units=order.units,
        units_cancelled=order.units_cancelled, units_in_progress=order.units_in_progress,
        units_shipped=order.units_shipped, units_delivered=order.units_delivered,
        units_exception=order.units_exception, units_returned=order.units_returned, holds_open=order.holds_open,
        due=order.total_minor - order.cancelled_minor, authorized=order.authorized_minor, voided=order.voided_minor,
        expired=order.expired_minor, captured=order.captured_minor, refunded=order.refunded_minor,
    )  # fmt: skip


def _stuck(now: datetime) -> list[Finding]:
    with connection.cursor() as cursor:
        cursor.execute(load("flows", "stuck_work"), {"now": now})
        return [
            Finding(
                f"stuck_{what}", "warning", f"{n} {what} {how}",
                [{"count": n, "since": since.isoformat() if since else None}],
            )
            for what, how, n, since in cursor.fetchall()
            if n
        ]  # fmt: skip


def _shortfalls() -> list[Finding]:
    rows, total = _ask(load("flows", "shortfall_cases"))
    return (
        [Finding("shortfall", "warning", f"{total} levels hold less than is promised from them", rows)]
        if rows
        else []
    )
