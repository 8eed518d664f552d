"""Weighing 10,000 waiting orders × 5 places at once, SKUs scarce as they are in a busy week; greedy measured beside."""

from __future__ import annotations

import os
import random
import time
from pathlib import Path
from typing import Any

import psycopg

from trivet.bench import common
from trivet.bench.common import place_id, variant_id

ORDERS = 10_000
SKUS = 2_000
SCARCE = 0.3
"""Part of the SKUs of which there is little more than is ordered; of the others there is three times as much."""
TIGHT = 1.15
FIFTH = ("norwich", 52.63, 1.30, "NR1 1AA")
TOWNS = (
    ("London", "E1 7AA"), ("Leeds", "LS2 7EW"), ("Glasgow", "G2 1AA"), ("Bristol", "BS2 0AA"), ("Norwich", "NR2 1AA"),
    ("Manchester", "M1 1AE"), ("Birmingham", "B1 1AA"), ("Newcastle", "NE1 1AA"), ("Cardiff", "CF10 1AA"),
    ("Edinburgh", "EH1 1AA"), ("Plymouth", "PL1 1AA"), ("Aberdeen", "AB10 1AA"), ("Southampton", "SO14 1AA"),
    ("Nottingham", "NG1 1AA"), ("Sheffield", "S1 1AA"), ("Liverpool", "L1 1AA"), ("Oxford", "OX1 1AA"),
    ("Cambridge", "CB1 1AA"), ("York", "YO1 7AA"), ("Exeter", "EX1 1AA"),
)  # fmt: skip
SECONDS, GAP = 60.0, 0.01


def run(quiet: bool = False, file: Path | None = None) -> dict[str, Any]:
    """Place the orders one after another, as routing does; weigh them all at once; make the moves; weigh again."""
    del file
    rng = random.Random(20_261_127)
    baskets = [_basket(rng) for _ in range(ORDERS)]
    with common.server() as server:
        url = common.fresh_database(server, "trivet_bench_allocate")
        common.seed(url, skus=SKUS, stock=0)
        _stock(url, rng, baskets)
        machine = common.machine(url)
        result = _measure(url, baskets, rng)
        gaps = common.ledger_gaps(url)
    result |= {"bench": "allocate", "machine": machine, "ledger_gaps": gaps}
    first = result["runs"][0]
    result["bars"] = [
        common.bar("seconds to see and weigh all orders", f"< {SECONDS:g}", first["seconds"], first["seconds"] < SECONDS),
        common.bar("proven gap in %", "<= 1", first["gap"] * 100, first["gap"] <= GAP),
        common.bar("stock levels that differ from their ledger", "0", gaps, gaps == 0),
        common.bar("findings of the doctor", "0", result["findings"], result["findings"] == 0),
    ]  # fmt: skip
    keys = (
        "run",
        "orders",
        "before",
        "greedy",
        "after",
        "bound",
        "gap_percent",
        "seconds",
        "proposed",
        "moved",
        "apply_seconds",
    )
    common.table(
        ["run", "orders", "as placed", "greedy", "all at once", "bound", "gap %", "seconds", "moves", "made", "seconds to make"],
        [[r[k] for k in keys] for r in result["runs"]],
        quiet,
    )  # fmt: skip
    common.say(
        "Costs in GBP. As placed: routed one by one as they came in; greedy: each in turn planned anew against what is free."
    )
    common.say(
        "The bound counts the moves too: no allocation whose cost and moves together cost less exists."
    )
    return common.finish(result, quiet)


def _basket(rng: random.Random) -> dict[int, int]:
    lines = rng.choices((1, 2, 3, 4, 6), (45, 27, 15, 9, 4))[0]
    # Few SKUs make most of the sales.
    skus = {min(SKUS - 1, int(10 * ((SKUS / 10 + 1) ** rng.random() - 1))) for _ in range(lines)}
    return {sku: rng.choices((1, 2, 3), (80, 15, 5))[0] for sku in sorted(skus)}


def _stock(url: str, rng: random.Random, baskets: list[dict[int, int]]) -> None:
    wanted = [0] * SKUS
    for basket in baskets:
        for sku, units in basket.items():
            wanted[sku] += units
    with psycopg.connect(url) as conn:
        code, lat, lon, postcode = FIFTH
        conn.execute(
            "INSERT INTO company_location (id, code, name, kind, line1, city, region, postal_code, country, latitude, "
            "longitude, geo_source, timezone, dispatch_days, holiday_calendar, cut_off, priority, min_stock, active) "
            "VALUES (%s, %s, %s, 'warehouse', '', '', '', %s, 'GB', %s, %s, '', 'Europe/London', '{0,1,2,3,4}', 'GB', "
            "'14:00', 14, 0, true)",
            [place_id(4), code, code.title(), postcode, lat, lon],
        )
        conn.execute(
            "INSERT INTO company_channellocation (id, channel_id, location_id, methods, countries) "
            "VALUES (gen_random_uuid(), %s, %s, '{}', '{}')",
            [common.CHANNEL, place_id(4)],
        )
        conn.execute(
            "INSERT INTO inventory_stocklevel (variant_id, location_id, on_hand, damaged, quality_control, safety_stock, "
            "reserved, allocated, incoming) SELECT id, %s, 0, 0, 0, 0, 0, 0, 0 FROM catalog_variant",
            [place_id(4)],
        )
        # Weights as of clothes and crockery, so that a SKU costs more from afar.
        conn.execute("UPDATE catalog_variant SET weight_g = 100 + (hashtext(sku) & 7) * 130")
        with conn.cursor() as cursor:
            for sku, units in enumerate(wanted):
                total = int(units * TIGHT) + 1 if rng.random() < SCARCE else units * 3 + 10
                shares = [rng.random() ** 2 for _ in range(5)]
                parts = [int(total * share / sum(shares)) for share in shares]
                parts[0] += total - sum(parts)
                for place, n in enumerate(parts):
                    at = [n, variant_id(sku), place_id(place)]
                    cursor.execute(
                        "UPDATE inventory_stocklevel SET on_hand = %s WHERE variant_id = %s AND location_id = %s",
                        at,
                    )
                    cursor.execute(
                        "INSERT INTO inventory_stockentry (on_hand, variant_id, location_id, at, kind, damaged, "
                        "quality_control, safety_stock, reserved, allocated, incoming, reason, cause_kind, cause_id, "
                        "actor_label) VALUES (%s, %s, %s, now(), 'open', 0, 0, 0, 0, 0, 0, '', 'bench', "
                        "gen_random_uuid(), 'bench')",
                        at,
                    )
        conn.execute("UPDATE company_revision SET number = number + 1")
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute("VACUUM ANALYZE")


def _measure(url: str, baskets: list[dict[int, int]], rng: random.Random) -> dict[str, Any]:
    os.environ |= {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "trivet.site.settings"}
    import django

    django.setup(set_prefix=False)
    from django.db import connection

    from trivet.flows.doctor import examine
    from trivet.lib import clock
    from trivet.site import logs

    logs.configure("ERROR")
    placed = _place(baskets, rng)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    runs = [_run(name) for name in ("first", "again")]
    findings = [f for f in examine(clock.now()) if f.severity == "error"]
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]  # of the PostgreSQL backend
    return {"placed_per_second": placed, "runs": runs, "findings": len(findings)}


def _place(baskets: list[dict[int, int]], rng: random.Random) -> float:
    from trivet.flows.intake.group import place_group
    from trivet.flows.intake.request import prepare
    from trivet.journal.rules import SYSTEM
    from trivet.lib import clock
    from trivet.orders.rules.value import Address, NewLine, NewOrder, NewShipping

    began, size = time.perf_counter(), 100
    for start in range(0, len(baskets), size):
        group = []
        for n, basket in enumerate(baskets[start : start + size], start):
            city, postcode = rng.choice(TOWNS)
            new = NewOrder(
                channel="web", external_id=f"A-{n}", placed_at=clock.now(), currency="GBP",
                lines=tuple(NewLine(str(k), f"SKU-{k}", f"SKU-{k}", units, 1_500) for k, units in basket.items()),
                ship_to=Address(name="Buyer", line1="1 High St", city=city, postal_code=postcode, country="GB"),
                shipping=NewShipping("standard", 300),
            )  # fmt: skip
            group.append(prepare(new, actor=SYSTEM))
        for answer in place_group(group):
            if isinstance(answer, Exception):
                raise answer
        if start % 2_000 == 0:
            common.say(f"{start + size:,} of {len(baskets):,} orders placed")
    return len(baskets) / (time.perf_counter() - began)


def _run(name: str) -> dict[str, Any]:
    from trivet.flows import allocate
    from trivet.flows.allocate import run as flow
    from trivet.journal.rules import SYSTEM
    from trivet.lib import clock
    from trivet.routing.queries import allocation

    key = allocate.ask(apply_at_once=False, by=SYSTEM, now=clock.now())
    began = time.perf_counter()
    flow.plan(key, by=SYSTEM)
    planned = time.perf_counter() - began
    common.say(f"{name}: weighed in {planned:.1f} s")
    began = time.perf_counter()
    flow.make(key, by=SYSTEM)
    made = time.perf_counter() - began
    found = allocation.run(key)
    gap = found.gap / 1_000_000
    return {
        "run": name, "orders": found.orders, "before": found.cost_before_minor / 100,
        "greedy": found.cost_greedy_minor / 100, "after": found.cost_after_minor / 100, "bound": found.bound_minor / 100,
        "gap": gap, "gap_percent": gap * 100, "seconds": planned, "proposed": found.proposed, "moved": found.moved,
        "skipped": found.skipped, "apply_seconds": made, "settled_by_proof": found.settled, "by": found.solver,
        "saved_against_greedy": (found.cost_greedy_minor - found.cost_after_minor) / 100,
    }  # fmt: skip
