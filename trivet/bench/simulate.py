"""Fifty thousand past orders planned again under a draft of the routing policy, while orders come in and while none do."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from typing import Any

import psycopg

from trivet.bench import bulk, common, load

ORDERS = 50_000
PIECE = 10_000
STOCK = 24
"""Units of each SKU at each place: some 150,000 are wanted of 192,000, so that near places run out and orders split."""
RECEIVED = 30
"""Units that come to the first place of every other SKU after half of the orders."""
SECONDS = 60
DRAFT = {
    "parcel_penalty": 900, "max_parcels": 2,
    "rules": [{"allow": False, "places": ["leeds"], "countries": ["GB"], "methods": ["standard"]}],
}  # fmt: skip


def run(quiet: bool = False, file: Path | None = None) -> dict[str, Any]:
    """Place the orders through the product, then simulate a draft that bars a place and splits less."""
    del file
    with common.server() as server:
        url = common.fresh_database(server, "trivet_bench_simulate")
        common.seed(url, stock=STOCK)
        machine = common.machine(url)
        with common.web(url) as base:
            strays = _fill(url, base)
            common.settle(url)
            alone, seconds = _simulate(url)
            same, _ = _simulate(url, rules={})
            busy, seconds_busy, rate = _while_orders_come(url, base)
        gaps = common.ledger_gaps(url)
    apart = [k for k in ("orders", "changed") if alone[k] != busy[k]]
    result = {
        "bench": "simulate", "machine": machine, "orders": alone["orders"], "changed": alone["changed"],
        "seconds": seconds, "orders_per_second": alone["orders"] / seconds, "seconds_while_orders_come": seconds_busy,
        "orders_that_came": rate, "agreed": alone["agreed"], "known": alone["known"], "live": _kpis(alone, "live"),
        "draft": _kpis(alone, "draft"), "bars": [
            common.bar("seconds", f"< {SECONDS}", seconds, seconds < SECONDS),
            common.bar("seconds while orders come in", f"< {SECONDS}", seconds_busy, seconds_busy < SECONDS),
            common.bar("orders simulated", f"{ORDERS}", alone["orders"], alone["orders"] == ORDERS),
            common.bar("sums that orders coming in moved", "0", len(apart), not apart),
            common.bar("orders changed by the policy in force itself", "0", same["changed"], same["changed"] == 0),
            common.bar("orders not placed by the seeding", "0", strays, strays == 0),
            common.bar("stock levels that differ from their ledger", "0", gaps, gaps == 0),
        ],
    }  # fmt: skip
    keys = ("parcels_per_order", "cost_per_order", "km", "late", "short_units")
    common.table(
        ["policy", "parcels/order", "cost/order", "km/parcel", "late", "units short"],
        [[side, *(result[side][k] for k in keys)] for side in ("live", "draft")], quiet,
    )  # fmt: skip
    common.say(f"{alone['changed']:,} of {alone['orders']:,} orders ship differently; {seconds:.1f} s.")
    return common.finish(result, quiet)


def _fill(url: str, base: str) -> int:
    strays = 0
    for n in range(ORDERS // PIECE):
        common.say(f"orders {n * PIECE:,} to {(n + 1) * PIECE:,}")
        strays += bulk.send(base, PIECE)[1]
        if n == ORDERS // PIECE // 2:
            _receive(url)
    return strays


def _receive(url: str) -> None:
    # Straight to the tables, level and ledger alike: what waits is then served by whichever policy is simulated.
    with psycopg.connect(url) as conn:
        place = common.place_id(0)
        where = "location_id = %s AND substr(variant_id::text, 36)::int %% 2 = 0"
        conn.execute(
            f"UPDATE inventory_stocklevel SET on_hand = on_hand + %s WHERE {where}", [RECEIVED, place]
        )
        conn.execute(
            "INSERT INTO inventory_stockentry (variant_id, location_id, at, kind, on_hand, damaged, quality_control, "
            "safety_stock, reserved, allocated, incoming, reason, cause_kind, cause_id, actor_label) "
            "SELECT variant_id, location_id, now(), 'receive', %s, 0, 0, 0, 0, 0, 0, '', 'bench', gen_random_uuid(), "
            f"'bench' FROM inventory_stocklevel WHERE {where}",
            [RECEIVED, place],
        )


def _simulate(url: str, rules: dict[str, Any] | None = None) -> tuple[dict[str, Any], float]:
    os.environ |= {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "trivet.site.settings"}
    import django

    django.setup(set_prefix=False)
    from django.db import connection

    from trivet.flows import simulation
    from trivet.journal.rules import SYSTEM
    from trivet.lib import clock
    from trivet.routing.actions.policy import begin_draft
    from trivet.routing.models import Simulation

    now = clock.now()
    draft = begin_draft(DRAFT if rules is None else rules, by=SYSTEM, now=now)
    key = simulation.simulate(draft, edition=1, weeks=None, target_days=1, by=SYSTEM, now=now)
    if not _until:
        _until.append(now)
    Simulation.objects.filter(id=key).update(until=_until[0])
    started = time.perf_counter()
    simulation.carry_out(key)
    took = time.perf_counter() - started
    result: dict[str, Any] = Simulation.objects.get(id=key).result or {}
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]  # of the PostgreSQL backend
    return {**result, "orders": result["live"]["orders"]}, took


_until: list[Any] = []
"""The end of the time that every run simulates, so that the runs can be compared."""


def _while_orders_come(url: str, base: str) -> tuple[dict[str, Any], float, int]:
    over, before = threading.Event(), common.count(url, "orders_order")

    def pour() -> None:
        while not over.is_set():
            load.orders(base, 8, 2)

    pouring = threading.Thread(target=pour)
    pouring.start()
    try:
        found, took = _simulate(url)
    finally:
        over.set()
        pouring.join()
    return found, took, common.count(url, "orders_order") - before


def _kpis(result: dict[str, Any], side: str) -> dict[str, Any]:
    told = result[side]
    orders, parcels = max(1, told["orders"]), max(1, told["parcels"])
    return {
        "parcels_per_order": told["parcels"] / orders, "cost_per_order": told["costs"]["live"] / orders,
        "km": told["km"] / parcels, "late": told["late"] / orders, "short_units": told["short_units"],
    }  # fmt: skip
