"""400 buyers, 64 at a time, one SKU with 200 units over two places; then mixed with a bundle that holds it."""

from __future__ import annotations

from collections import Counter
from itertools import product
from pathlib import Path
from statistics import median
from typing import Any
from uuid import uuid4

import psycopg

from trivet.bench import common, load
from trivet.bench.common import place_id, variant_id

BUYERS = 400
UNITS = 200
ROUNDS = 3
SECONDS = 6
SPREAD = 800


def run(quiet: bool = False, file: Path | None = None) -> dict[str, Any]:
    """Each policy with and without the bundle, then throughput of a hot SKU against spread intake."""
    del file
    cases = []
    with common.server() as server:
        url = common.fresh_database(server, "trivet_bench_hot")
        common.seed(url)
        machine = common.machine(url)
        with common.web(url) as base:
            load.orders(base, 64, 4, first=100, skus=800)
            for n, (bundle, policy) in enumerate(product((False, True), ("refuse", "accept", "backorder"))):
                cases.append(_case(url, base, n, policy, bundle=bundle))
            rates, errors = _throughput(url, base)
        gaps = common.ledger_gaps(url)
    ratio = median(a / b for a, b in zip(rates["hot"], rates["spread"], strict=True))
    result = {
        "bench": "hot", "machine": machine, "cases": cases, "granted": cases[0]["granted"],
        "hot_per_second": median(rates["hot"]), "spread_per_second": median(rates["spread"]), "hot_to_spread": ratio,
        "errors": errors, "ledger_gaps": gaps, "bars": _bars(cases, ratio, errors, gaps),
    }  # fmt: skip
    keys = (
        "case",
        "stored",
        "granted",
        "refused",
        "other",
        "least_available",
        "p95_refusal_ms",
        "per_second",
    )
    common.table(
        ["case", "201", "granted", "409", "other", "least left", "p95 of 409 ms", "answers/s"],
        [[c[k] for k in keys] for c in cases],
        quiet,
    )
    common.say(
        f"one SKU {result['hot_per_second']:,.0f} orders/s, {SPREAD} SKUs {result['spread_per_second']:,.0f}: {ratio:.2f}"
    )
    common.say("The 400 buyers are played by Python, so their waits hold some of its work too.")
    return common.finish(result, quiet)


def _throughput(url: str, base: str) -> tuple[dict[str, list[float]], int]:
    # The same order of one line, once always for the same SKU and once spread.
    rates: dict[str, list[float]] = {"hot": [], "spread": []}
    errors = 0
    for number in range(ROUNDS):
        for side in ("hot", "spread") if number % 2 == 0 else ("spread", "hot"):
            common.say(f"throughput, {side}, round {number + 1} of {ROUNDS}")
            common.settle(url)
            found = load.orders(base, 64, SECONDS, first=100, skus=1 if side == "hot" else SPREAD, lines=1)
            rates[side].append(found.per_second)
            errors += found.errors
    return rates, errors


def _bars(cases: list[dict[str, Any]], ratio: float, errors: int, gaps: int) -> list[dict[str, Any]]:
    refusing = [c for c in cases if c["case"].startswith("refuse")]
    keeping = [c for c in cases if not c["case"].startswith("refuse")]
    granted = {c["granted"] for c in cases}
    wrong = sum(abs(c["stored"] - UNITS) + abs(c["refused"] - (BUYERS - UNITS)) for c in refusing)
    missing = sum(BUYERS - c["stored"] for c in keeping)
    slow = max(c["p95_refusal_ms"] for c in refusing)
    other = sum(c["other"] for c in cases) + errors
    return [
        *(
            common.bar(f"units granted, {c['case']}", str(UNITS), c["granted"], granted == {UNITS})
            for c in cases
        ),
        common.bar("answers off 200 placed and 200 refused", "0", wrong, wrong == 0),
        common.bar("orders not stored with accept and backorder", "0", missing, missing == 0),
        common.bar("answers that are neither 201 nor 409", "0", other, other == 0),
        common.bar("p95 of a refusal in ms", "< 100", slow, slow < 100),
        common.bar("throughput of the hot SKU to spread intake", ">= 0.5", ratio, ratio >= 0.5),
        common.bar("stock levels that differ from their ledger", "0", gaps, gaps == 0),
    ]


def _case(url: str, base: str, n: int, policy: str, *, bundle: bool) -> dict[str, Any]:
    sku = f"SKU-{n}"
    _stock(url, n, UNITS, bundle)
    run_id = uuid4().hex[:10]
    bodies = [
        load.body(f"{run_id}-{b}", {f"SET-{n}" if bundle and b % 3 == 0 else sku: 1}, on_shortage=policy)
        for b in range(BUYERS)
    ]
    answers, took = load.crowd(base, bodies, 64)
    statuses = Counter(status for status, _ in answers)
    refusals = [ms for status, ms in answers if status == 409]
    with psycopg.connect(url) as conn:
        row = conn.execute(
            "SELECT sum(allocated), min(available) FROM inventory_stocklevel WHERE variant_id = %s",
            [variant_id(n)],
        ).fetchone()
    assert row is not None
    return {
        "case": policy + (" + bundle" if bundle else ""), "stored": statuses[201], "granted": int(row[0]),
        "refused": statuses[409], "other": BUYERS - statuses[201] - statuses[409], "least_available": int(row[1]),
        "p95_refusal_ms": common.percentile(refusals, 95), "per_second": len(answers) / took,
    }  # fmt: skip


def _stock(url: str, n: int, units: int, bundle: bool) -> None:
    with psycopg.connect(url) as conn:
        for place, quantity in enumerate((units // 2, units // 2, 0, 0)):
            found = conn.execute(
                "SELECT on_hand FROM inventory_stocklevel WHERE variant_id = %s AND location_id = %s FOR UPDATE",
                [variant_id(n), place_id(place)],
            ).fetchone()
            assert found is not None
            conn.execute(
                "INSERT INTO inventory_stockentry (variant_id, location_id, at, kind, on_hand, damaged, quality_control, "
                "safety_stock, reserved, allocated, incoming, reason, cause_kind, cause_id, actor_label) VALUES "
                "(%s, %s, now(), 'count', %s, 0, 0, 0, 0, 0, 0, 'count', 'bench', gen_random_uuid(), 'bench')",
                [variant_id(n), place_id(place), quantity - found[0]],
            )
            conn.execute(
                "UPDATE inventory_stocklevel SET on_hand = %s WHERE variant_id = %s AND location_id = %s",
                [quantity, variant_id(n), place_id(place)],
            )
        if bundle:
            parent = conn.execute(
                "INSERT INTO catalog_variant (id, product_id, sku, key, title, hs_code, origin, currency, is_bundle, active, "
                "created_at) SELECT gen_random_uuid(), product_id, %s, %s, 'Set', '', '', 'GBP', true, true, now() "
                "FROM catalog_variant WHERE id = %s RETURNING id",
                [f"SET-{n}", f"SET-{n}", variant_id(n)],
            ).fetchone()
            assert parent is not None
            for child, quantity in ((n, 1), (n + 1000, 1)):
                conn.execute(
                    "INSERT INTO catalog_bundlecomponent (id, parent_id, child_id, quantity) "
                    "VALUES (gen_random_uuid(), %s, %s, %s)",
                    [parent[0], variant_id(child), quantity],
                )
