"""The floor: what a C client reaches that writes the same rows, one prepared transaction an order.

pgbench sends one statement a table (several rows in one VALUES where there are several), with ids and values made
on the client. It reads nothing, decides nothing and speaks no HTTP.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg

from trivet.bench.common import CHANNEL, PLACES, SKUS, place_id, variant_id
from trivet.lib.postgres import tool


def _uuid(high: str, low: str) -> str:
    return f"(lpad(to_hex({high}::bigint), 16, '0') || lpad(to_hex({low}::bigint), 16, '0'))::uuid"


def script(explanation: str) -> str:
    """The transaction, as pgbench reads it; ``explanation`` is a real one, so that its size is ours."""
    # Ids grow with time in each client, like UUIDv7, so that inserts stay at the right edge of their indexes.
    own = {
        name: _uuid(":hi", f":lo + {n}")
        for n, name in enumerate(
            ["customer", "ident1", "ident2", "order", "line1", "line2", "alloc1", "alloc2", "fo", "fol1", "fol2",
             "decision", "payment"]
        )
    }  # fmt: skip
    place = _uuid(str(place_id(0).int >> 64), f"{_signed(place_id(0).int)} + :p")
    one = _uuid(str(variant_id(0).int >> 64), f"{_signed(variant_id(0).int)} + :a")
    two = _uuid(str(variant_id(0).int >> 64), f"{_signed(variant_id(0).int)} + :b")
    guard = "on_hand - damaged - quality_control - safety_stock - reserved - allocated"
    text = '\'{"sku": "SKU-1", "location": "leeds", "on_hand": 1000000, "unavailable": 0, "reserved": 0, "allocated": 7, "available": 999993, "shortfall": 0}\''
    event = "'api_key', '0198c0de-0000-7000-8000-000000000000', 'bench', now()"
    statements = [
        "BEGIN",
        f"INSERT INTO customers_customer (id, profile_id, name, email, phone, locale, note, invented, created_at) VALUES ({own['customer']}, {own['customer']}, 'Lan Pham', :n || '-' || :client_id || '-' || :run || '@example.com', '', 'en', '', false, now())",
        f"INSERT INTO customers_identifier (id, customer_id, kind, scope, value, created_at) VALUES ({own['ident1']}, {own['customer']}, 'email', '', :n || '-' || :client_id || '-' || :run || '@example.com', now()), ({own['ident2']}, {own['customer']}, 'external', 'web', 'c-' || :n || '-' || :client_id || '-' || :run, now())",
        *(
            f"UPDATE inventory_stocklevel SET allocated = allocated + {n} WHERE variant_id = {sku} AND location_id = {place} AND {guard} >= {n}"
            for sku, n in ((one, 2), (two, 1))
        ),
        f"INSERT INTO orders_order (id, number, channel_id, external_id, digest, customer_id, placed_at, received_at, currency, email, name, country, postal_code, ship_to, shipping_method, items_minor, discount_minor, added_tax_minor, included_tax_minor, shipping_minor, shipping_discount_minor, shipping_tax_minor, shipping_tax_included, total_minor, cancelled_minor, authorized_minor, voided_minor, expired_minor, captured_minor, refunded_minor, units, units_cancelled, units_allocated, units_backordered, units_in_progress, units_shipped, units_delivered, units_exception, units_returned, holds_open, is_draft, tracked, scheduled, on_shortage, ship_together, never_split_lines, tags, note, invented, version) VALUES ({own['order']}, nextval('orders_number_seq'), '{CHANNEL}', 'f-' || :n || '-' || :client_id || '-' || :run, md5(:n::text) || md5(:client_id::text), {own['customer']}, now(), now(), 'GBP', :n || '-' || :client_id || '-' || :run || '@example.com', 'Lan Pham', 'GB', 'LS2 7EW', '{{\"city\": \"Leeds\", \"name\": \"Lan Pham\", \"line1\": \"12 Mill St\", \"country\": \"GB\", \"postal_code\": \"LS2 7EW\"}}', 'standard', 4997, 0, 0, 0, 300, 0, 0, true, 5297, 0, 0, 0, 0, 5297, 0, 3, 0, 3, 0, 0, 0, 0, 0, 0, 0, false, true, false, 'backorder', false, true, '{{}}', '', false, 1)",
        f"INSERT INTO orders_orderline (id, order_id, position, external_id, sku, variant_id, title, quantity, unit_price_minor, discount_minor, order_discount_minor, tax_minor, tax_included, paid_minor, cancelled, allocated, backordered, in_progress, shipped, delivered, returned) VALUES ({own['line1']}, {own['order']}, 1, '1', 'SKU-' || :a, {one}, 'Item', 2, 1999, 0, 0, 0, true, 3998, 0, 2, 0, 0, 0, 0, 0), ({own['line2']}, {own['order']}, 2, '2', 'SKU-' || :b, {two}, 'Item', 1, 999, 0, 0, 0, true, 999, 0, 1, 0, 0, 0, 0, 0)",
        f"INSERT INTO payments_payment (id, order_id, kind, method, gateway, reference, amount_minor, used_minor, currency, at, expired, actor_label) VALUES ({own['payment']}, {own['order']}, 'capture', 'card', 'manual', 'p-1', 5297, 0, 'GBP', now(), false, 'bench')",
        f"INSERT INTO routing_routingdecision (id, order_id, policy_version, at, exact, explanation) VALUES ({own['decision']}, {own['order']}, 0, now(), true, '{explanation}')",
        f"INSERT INTO inventory_allocation (id, order_id, line_id, variant_id, location_id, quantity, created_at) VALUES ({own['alloc1']}, {own['order']}, {own['line1']}, {one}, {place}, 2, now()), ({own['alloc2']}, {own['order']}, {own['line2']}, {two}, {place}, 1, now())",
        f"INSERT INTO inventory_stockentry (variant_id, location_id, at, kind, on_hand, damaged, quality_control, safety_stock, reserved, allocated, incoming, reason, cause_kind, cause_id, actor_label) VALUES ({one}, {place}, now(), 'allocate', 0, 0, 0, 0, 0, 2, 0, '', 'order', {own['order']}, 'bench'), ({two}, {place}, now(), 'allocate', 0, 0, 0, 0, 0, 1, 0, '', 'order', {own['order']}, 'bench')",
        f"INSERT INTO fulfillment_fulfillmentorder (id, order_id, location_id, sequence, method, state, dispatch_by, units, created_at) VALUES ({own['fo']}, {own['order']}, {place}, 1, 'standard', 'open', now(), 3, now())",
        f"INSERT INTO fulfillment_fulfillmentorderline (id, fulfillment_order_id, allocation_id, line_id, variant_id, quantity, cancelled) VALUES ({own['fol1']}, {own['fo']}, {own['alloc1']}, {own['line1']}, {one}, 2, 0), ({own['fol2']}, {own['fo']}, {own['alloc2']}, {own['line2']}, {two}, 1, 0)",
        f'INSERT INTO journal_event (kind, subject_kind, subject_id, actor_kind, actor_id, actor_label, at, facts) VALUES (\'order.placed\', \'order\', {own["order"]}, {event}, \'{{"number": 1001, "channel": "web", "external_id": "x", "total": 5297, "currency": "GBP", "units": 3}}\'), (\'order.routed\', \'order\', {own["order"]}, {event}, \'{{"places": [{{"location": "leeds", "units": 3}}], "short": 0, "policy": 0}}\'), (\'stock.changed\', \'variant\', {one}, {event}, {text}), (\'stock.changed\', \'variant\', {two}, {event}, {text})',
        f"INSERT INTO procrastinate_jobs (queue_name, task_name, args) VALUES ('floor', 'floor', jsonb_build_object('order', {own['order']}))",
        "END",
    ]
    head = [
        "\\set n :n + 1",
        f"\\set a random(0, {SKUS // 2 - 1})",
        f"\\set b random({SKUS // 2}, {SKUS - 1})",
        f"\\set p random(0, {len(PLACES) - 1})",
        "\\set hi :base + :n * 65536",
        "\\set lo :client_id * 100000",
    ]
    return "\n".join([*head, *(f"{s};" for s in statements)]) + "\n"


def _signed(value: int) -> int:
    low = value & (2**64 - 1)
    return low - 2**64 if low >= 2**63 else low


def run(url: str, clients: int, seconds: int) -> tuple[float, float]:
    """(orders a second, mean milliseconds) of the floor at ``clients`` connections."""
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    with psycopg.connect(url) as conn:
        row = conn.execute("SELECT explanation::text FROM routing_routingdecision LIMIT 1").fetchone()
    explanation = (row[0] if row else "{}").replace("'", "''").replace(":", " :")
    # pgbench takes `:name` for a variable; a blank before the colon keeps JSON what it is.
    base = int(time.time() * 1000) << 20
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "floor.sql"
        file.write_text(script(explanation))
        command = [
            str(tool("pgbench")), "-n", "-M", "prepared", "-f", str(file), "-c", str(clients), "-j", "2", "-T",
            str(seconds), "-D", "n=0", "-D", f"base={base}", "-D", f"run={base % 10**9}",
            "-h", query.get("host", [parts.hostname or ""])[0], "-U", parts.username or "", parts.path.lstrip("/"),
        ]  # fmt: skip
        told = subprocess.run(command, capture_output=True, text=True, check=False)
    if told.returncode or "tps" not in told.stdout:
        raise RuntimeError(f"pgbench failed: {told.stderr[-2000:]}")
    if failed := re.search(r"number of failed transactions: ([1-9]\d*)", told.stdout):
        raise RuntimeError(f"pgbench: {failed[0]}")
    tps = re.search(r"tps = ([\d.]+)", told.stdout)
    latency = re.search(r"latency average = ([\d.]+)", told.stdout)
    return float(tps[1]) if tps else 0.0, float(latency[1]) if latency else 0.0
