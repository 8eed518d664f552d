"""The floor: what a C client reaches that writes the same rows, one prepared transaction an order.

pgbench sends one statement a table (several rows in one VALUES where there are several), with ids and values made
on the client. It reads nothing, decides nothing and speaks no HTTP. ``rows`` proves that the rows are the same.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg
from psycopg import sql

from trivet.bench.common import CHANNEL, FIRST, PLACE, PLACES, SKUS, VARIANT
from trivet.lib.postgres import tool

TABLES = (
    "customers_customer", "customers_identifier", "orders_order", "orders_orderline", "payments_payment",
    "routing_routingdecision", "inventory_allocation", "inventory_stockentry", "fulfillment_fulfillmentorder",
    "fulfillment_fulfillmentorderline", "journal_receipt", "journal_event", "procrastinate_jobs",
)  # fmt: skip
"""What intake writes; the stock levels it updates are as many as its stock entries."""

OWN = (
    "customer", "ident1", "ident2", "order", "line1", "line2", "alloc1", "alloc2", "fo", "fol1", "fol2", "decision",
    "payment", "receipt",
)  # fmt: skip


def script(samples: dict[str, str], *, job: bool = True) -> str:
    """The transaction, as pgbench reads it; ``samples`` are real documents, so that their sizes are ours.

    ``job``: with the row of the job that follows the order.
    """
    # pgbench counts in integers only: ids are made of decimal digits, which are hexadecimal ones too. They grow with
    # time, like UUIDv7, so that inserts stay at the right edge of their indexes.
    own = {name: f"('0198' || :t || :i{n})::uuid" for n, name in enumerate(OWN)}
    place, one, two = f"('{PLACE}' || :p)::uuid", f"('{VARIANT}' || :va)::uuid", f"('{VARIANT}' || :vb)::uuid"
    guard = "on_hand - damaged - quality_control - safety_stock - reserved - allocated"
    who = "'0198' || :tc || '-' || :client_id"
    event = "'api_key', '0198c0de-0000-7000-8000-000000000000', 'bench', now()"
    known = f"('0198' || :tc || :i{OWN.index('customer')})::uuid"
    statements = [
        "BEGIN;",
        "\\if :back = 0",
        f"INSERT INTO customers_customer (id, profile_id, name, email, phone, locale, note, invented, created_at) VALUES ({own['customer']}, {own['customer']}, 'Lan Pham', {who} || '@example.com', '', 'en', '', false, now());",
        f"INSERT INTO customers_identifier (id, customer_id, kind, scope, value, created_at) VALUES ({own['ident1']}, {own['customer']}, 'email', '', {who} || '@example.com', now()), ({own['ident2']}, {own['customer']}, 'external', 'web', 'c-' || {who}, now());",
        f"INSERT INTO journal_event (kind, subject_kind, subject_id, actor_kind, actor_id, actor_label, at, facts) VALUES ('customer.added', 'customer', {own['customer']}, {event}, '{samples['customer.added']}');",
        "\\endif",
        f"INSERT INTO orders_order (id, number, channel_id, external_id, digest, customer_id, placed_at, received_at, currency, email, name, country, postal_code, ship_to, shipping_method, items_minor, discount_minor, added_tax_minor, included_tax_minor, shipping_minor, shipping_discount_minor, shipping_tax_minor, shipping_tax_included, total_minor, cancelled_minor, authorized_minor, voided_minor, expired_minor, captured_minor, refunded_minor, units, units_cancelled, units_allocated, units_backordered, units_in_progress, units_shipped, units_delivered, units_exception, units_returned, holds_open, is_draft, tracked, scheduled, on_shortage, ship_together, never_split_lines, tags, note, invented, version) VALUES ({own['order']}, nextval('orders_number_seq'), '{CHANNEL}', 'f-' || :t || '-' || :client_id, '{samples['digest']}', {known}, now(), now(), 'GBP', {who} || '@example.com', 'Lan Pham', 'GB', 'LS2 7EW', '{samples['ship_to']}', 'standard', 4997, 0, 0, 0, 300, 0, 0, true, 5297, 0, 0, 0, 0, 5297, 0, 3, 0, 3, 0, 0, 0, 0, 0, 0, 0, false, true, false, 'backorder', false, true, '{{}}', '', false, 1);",
        f"INSERT INTO orders_orderline (id, order_id, position, external_id, sku, variant_id, title, quantity, unit_price_minor, discount_minor, order_discount_minor, tax_minor, tax_included, paid_minor, cancelled, allocated, backordered, in_progress, shipped, delivered, returned) VALUES ({own['line1']}, {own['order']}, 1, '1', 'SKU-1000', {one}, 'Item 1000', 2, 1999, 0, 0, 0, true, 3998, 0, 2, 0, 0, 0, 0, 0), ({own['line2']}, {own['order']}, 2, '2', 'SKU-1000', {two}, 'Item 1000', 1, 999, 0, 0, 0, true, 999, 0, 1, 0, 0, 0, 0, 0);",
        f"INSERT INTO payments_payment (id, order_id, kind, method, gateway, reference, amount_minor, used_minor, currency, at, expired, actor_label) VALUES ({own['payment']}, {own['order']}, 'capture', 'card', 'manual', 'p-' || :t || '-' || :client_id, 5297, 0, 'GBP', now(), false, 'bench');",
        f"INSERT INTO routing_routingdecision (id, order_id, policy_version, at, exact, explanation) VALUES ({own['decision']}, {own['order']}, 0, now(), true, '{samples['explanation']}');",
        f"INSERT INTO inventory_allocation (id, order_id, line_id, variant_id, location_id, quantity, created_at) VALUES ({own['alloc1']}, {own['order']}, {own['line1']}, {one}, {place}, 2, now()), ({own['alloc2']}, {own['order']}, {own['line2']}, {two}, {place}, 1, now());",
        f"INSERT INTO inventory_stockentry (variant_id, location_id, at, kind, on_hand, damaged, quality_control, safety_stock, reserved, allocated, incoming, reason, cause_kind, cause_id, actor_label) VALUES ({one}, {place}, now(), 'allocate', 0, 0, 0, 0, 0, 2, 0, '', 'order', {own['order']}, 'bench'), ({two}, {place}, now(), 'allocate', 0, 0, 0, 0, 0, 1, 0, '', 'order', {own['order']}, 'bench');",
        f"INSERT INTO fulfillment_fulfillmentorder (id, order_id, location_id, sequence, method, state, dispatch_by, units, created_at) VALUES ({own['fo']}, {own['order']}, {place}, 1, 'standard', 'open', now(), 3, now());",
        f"INSERT INTO fulfillment_fulfillmentorderline (id, fulfillment_order_id, allocation_id, line_id, variant_id, quantity, cancelled) VALUES ({own['fol1']}, {own['fo']}, {own['alloc1']}, {own['line1']}, {one}, 2, 0), ({own['fol2']}, {own['fo']}, {own['alloc2']}, {own['line2']}, {two}, 1, 0);",
        f"INSERT INTO journal_receipt (id, source, external_id, kind, digest, payload, state, error, received_at, subject_id) VALUES ({own['receipt']}, 'order' || chr(58) || 'web', 'f-' || :t || '-' || :client_id, 'api/1', '{samples['digest']}', '{samples['payload']}', 'applied', '', now(), {own['order']});",
        f"INSERT INTO journal_event (kind, subject_kind, subject_id, actor_kind, actor_id, actor_label, at, facts) VALUES ('order.placed', 'order', {own['order']}, {event}, '{samples['order.placed']}'), ('order.routed', 'order', {own['order']}, {event}, '{samples['order.routed']}'), ('payment.captured', 'order', {own['order']}, {event}, '{samples['payment.captured']}'), ('stock.changed', 'variant', {one}, {event}, '{samples['stock.changed']}'), ('stock.changed', 'variant', {two}, {event}, '{samples['stock.changed']}');",
        # Last, so that other clients wait for these rows as short as can be.
        *(
            f"UPDATE inventory_stocklevel SET allocated = allocated + {n} WHERE variant_id = {sku} AND location_id = {place} AND {guard} >= {n};"
            for sku, n in ((one, 2), (two, 1))
        ),
        *(
            [
                f"INSERT INTO procrastinate_jobs (queue_name, task_name, args) VALUES ('floor', 'floor', jsonb_build_object('order', {own['order']}));"
            ]
            if job
            else []
        ),
        "END;",
    ]
    return "\n".join([*_head(), *statements]) + "\n"


def _head() -> list[str]:
    """What each order draws: its number, its customer (new, or one that is known), its SKUs and its place."""
    return [
        "\\set n :n + 1",
        "\\set t :base + :n",
        # One order in four comes from a customer who is known already, as in the load on the product.
        "\\set back 0",
        "\\set c :n",
        "\\if :n % 4 = 0",
        "\\set back 1",
        "\\set c random(1, :n - 1)",
        "\\if :c % 4 = 0",
        "\\set c :c - 1",
        "\\endif",
        "\\endif",
        "\\set tc :base + :c",
        f"\\set va {FIRST} + random(0, {SKUS // 2 - 1})",
        f"\\set vb {FIRST} + random({SKUS // 2}, {SKUS - 1})",
        f"\\set p {FIRST} + random(0, {len(PLACES) - 1})",
        *(f"\\set i{n} 700000000000000 + :client_id * 100 + {n}" for n in range(len(OWN))),
    ]


def samples(url: str) -> dict[str, str]:
    """Documents of the newest order of the product in the database, quoted for SQL and for pgbench."""
    with psycopg.connect(url) as conn:
        order = conn.execute(
            "SELECT id, digest, ship_to::text FROM orders_order WHERE customer_id IS NOT NULL "
            "ORDER BY received_at DESC LIMIT 1"
        ).fetchone()
        assert order is not None, "the floor needs an order of the product to copy from"
        found = {"digest": order[1], "ship_to": order[2]}
        row = conn.execute(
            "SELECT explanation::text FROM routing_routingdecision WHERE order_id = %s", [order[0]]
        ).fetchone()
        assert row is not None
        found["explanation"] = row[0]
        row = conn.execute(
            "SELECT payload::text FROM journal_receipt WHERE subject_id = %s", [order[0]]
        ).fetchone()
        assert row is not None
        found["payload"] = row[0]
        facts = conn.execute(
            "SELECT DISTINCT ON (kind) kind, facts::text FROM journal_event "
            "WHERE kind IN ('customer.added', 'order.placed', 'order.routed', 'payment.captured', 'stock.changed') ORDER BY kind, id DESC"
        ).fetchall()
        found |= dict(facts)
    # pgbench takes `:name` for a variable, also inside quotes; a blank keeps the text a text of the same size or so.
    return {k: re.sub(r":(?=\w)", ": ", v.replace("'", "''")) for k, v in found.items()}


def rows(url: str) -> dict[str, int]:
    """Rows of the tables that an order writes; two readings tell what lies between them."""
    with psycopg.connect(url) as conn:
        found = {}
        for table in TABLES:
            row = conn.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))).fetchone()
            found[table] = int(row[0]) if row else 0
        return found


def per_order(before: dict[str, int], after: dict[str, int]) -> dict[str, float]:
    """Rows an order of each table between two readings."""
    orders = max(1, after["orders_order"] - before["orders_order"])
    return {table: round((after[table] - before[table]) / orders, 2) for table in TABLES}


def run(url: str, clients: int, seconds: int, *, job: bool = True) -> tuple[float, float]:
    """(orders a second, mean milliseconds) of the floor at ``clients`` connections.

    The trigger on jobs sends a NOTIFY, and PostgreSQL lets transactions with one commit only one after another. A
    client that writes a job an order pays for that; without ``job`` one sees how much.
    """
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "floor.sql"
        file.write_text(script(samples(url), job=job))
        command = [
            str(tool("pgbench")), "-n", "-M", "prepared", "-f", str(file), "-c", str(clients), "-j", "2", "-T",
            str(seconds), "-D", "n=0", "-D", f"base={int(time.time() * 1000)}",
            "-h", query.get("host", [parts.hostname or ""])[0], "-p", str(parts.port or 5432),
            "-U", parts.username or "", parts.path.lstrip("/"),
        ]  # fmt: skip
        environment = os.environ | ({"PGPASSWORD": parts.password} if parts.password else {})
        told = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if told.returncode or "tps" not in told.stdout:
        raise RuntimeError(f"pgbench failed: {told.stderr[-2000:]}")
    if failed := re.search(r"number of failed transactions: ([1-9]\d*)", told.stdout):
        raise RuntimeError(f"pgbench: {failed[0]}")
    tps = re.search(r"tps = ([\d.]+)", told.stdout)
    latency = re.search(r"latency average = ([\d.]+)", told.stdout)
    return float(tps[1]) if tps else 0.0, float(latency[1]) if latency else 0.0


def room(url: str, clients: int) -> int:
    """How many of ``clients`` connections the server has room for, beside the product's own."""
    with psycopg.connect(url) as conn:
        row = conn.execute("SELECT current_setting('max_connections')::int").fetchone()
    return min(clients, (int(row[0]) if row else 100) - 45)
