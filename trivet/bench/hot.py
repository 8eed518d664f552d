"""400 buyers, 64 at a time, one SKU with 200 units over two places; then mixed with a bundle that holds it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg

from trivet.bench import common, load
from trivet.bench.common import place_id, variant_id

BUYERS = 400
UNITS = 200


def run(quiet: bool = False, file: Path | None = None) -> dict[str, Any]:
    """Each policy once, the bundle mix, then throughput of a hot SKU against spread intake."""
    del file
    cases = []
    with common.server() as server:
        url = common.fresh_database(server, "trivet_bench_hot")
        common.seed(url, skus=common.SKUS)
        with common.web(url) as base:
            load.orders(base, 16, 3)
            for n, policy in enumerate(("refuse", "accept", "backorder")):
                cases.append(_case(url, base, n, policy, bundle=False))
            cases.append(_case(url, base, 3, "refuse", bundle=True))
            spread = _rate(base, [f"SKU-{n}" for n in range(100, 1900)])
            hot = _rate(base, ["SKU-50"])
        gaps = common.ledger_gaps(url)
    result = {
        "bench": "hot", "machine": common.machine(), "cases": cases, "granted": cases[0]["granted"],
        "hot_per_second": hot, "spread_per_second": spread, "hot_to_spread": hot / spread, "ledger_gaps": gaps,
    }  # fmt: skip
    keys = ("case", "stored", "granted", "refused", "other", "p95_refusal_ms")
    common.table(
        ["case", "stored", "granted", "409", "other", "p95 of 409 ms"],
        [[c[k] for k in keys] for c in cases],
        quiet,
    )
    common.say(f"hot {hot:,.0f}/s, spread {spread:,.0f}/s, ratio {hot / spread:.2f}; ledger gaps: {gaps}")
    return result


def _case(url: str, base: str, n: int, policy: str, *, bundle: bool) -> dict[str, Any]:
    sku = f"SKU-{n}"
    _stock(url, n, UNITS, bundle)
    run_id = uuid4().hex[:10]
    bodies = [
        load.body(f"{run_id}-{b}", {f"SET-{n}" if bundle and b % 3 == 0 else sku: 1}, on_shortage=policy)
        for b in range(BUYERS)
    ]
    answers, _ = load.crowd(base, bodies, 64)
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
        "p95_refusal_ms": common.percentile(refusals, 95),
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
                "INSERT INTO catalog_variant (id, product_id, sku, title, hs_code, origin, currency, is_bundle, active, "
                "created_at) SELECT gen_random_uuid(), product_id, %s, 'Set', '', '', 'GBP', true, true, now() "
                "FROM catalog_variant WHERE id = %s RETURNING id",
                [f"SET-{n}", variant_id(n)],
            ).fetchone()
            assert parent is not None
            for child, quantity in ((n, 1), (n + 1000, 1)):
                conn.execute(
                    "INSERT INTO catalog_bundlecomponent (id, parent_id, child_id, quantity) "
                    "VALUES (gen_random_uuid(), %s, %s, %s)",
                    [parent[0], variant_id(child), quantity],
                )


def _rate(base: str, skus: list[str]) -> float:
    run_id = uuid4().hex[:10]
    bodies = [load.body(f"{run_id}-{n}", {skus[n % len(skus)]: 1}) for n in range(4_000)]
    _, took = load.crowd(base, bodies, 64)
    return len(bodies) / took
