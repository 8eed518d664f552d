"""Reading at a million orders over HTTP: lists, search, order page, stock grid, Today, API; and their query counts."""

from __future__ import annotations

import http.client
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from trivet.bench import common, floor, load
from trivet.lib.sql import load as load_sql

ORDERS = 1_000_000
NAME = "trivet_bench_read_4"
"""Numbered by what the million looks like: a database of another number makes way for a new one."""
REPEAT = 60
WARM = 4
MILLISECONDS = 100
HISTORY = 20
"""The orders and customers that pages ask for are spread over all of history in so many steps."""


def run(quiet: bool = False, file: Path | None = None) -> dict[str, Any]:
    """Make the million once (kept between runs), then ask each page and API list ``REPEAT`` times."""
    del file
    with common.server() as server:
        url = _database(server)
        machine = common.machine(url)
        pages = _pages(url)
        cookie, counts = _count(url, pages)
        with common.web(url) as base:
            rows = [
                {**_measure(base, name, page, cookie), "queries": counts[name]}
                for name, page in pages.items()
            ]
    worst = max(r["p95"] for r in rows)
    wrong = [r["page"] for r in rows if r["status"] != 200]
    loose = [r["page"] for r in rows if len(set(r["queries"])) > 1]
    result = {
        "bench": "read", "machine": machine, "orders": ORDERS, "pages": rows, "bars": [
            common.bar("p95 of the slowest page in ms", f"< {MILLISECONDS}", worst, worst < MILLISECONDS),
            common.bar("pages that did not answer 200", "0", len(wrong), not wrong),
            common.bar("pages whose number of queries varies", "0", len(loose), not loose),
        ],
    }  # fmt: skip
    common.table(
        ["page", "p50 ms", "p95 ms", "queries", "status"],
        [
            [r["page"], r["p50"], r["p95"], "-".join(map(str, sorted(set(r["queries"])))), r["status"]]
            for r in rows
        ],
        quiet,
    )
    common.say("Times are of whole answers over HTTP, asked one after another on one connection.")
    return common.finish(result, quiet)


def _database(server: str) -> str:
    with psycopg.connect(server, autocommit=True) as conn:
        known = conn.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME]).fetchone()
    url = common.at(server, NAME)
    if known and common.finished(url):
        common.migrate(url)
        return url
    common.say(f"Making {ORDERS:,} orders, once; this takes some minutes.")
    _make_way(server)
    url = common.fresh_database(server, NAME)
    common.seed(url)
    explanation = _explanation(url)
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute("SET synchronous_commit = off")
        if conn.info.parameter_status("is_superuser") == "on":
            # The checks of foreign keys would take most of the time; `trivet doctor` finds nothing wrong afterwards.
            conn.execute("SET session_replication_role = replica")
        conn.execute(sql.SQL(load_sql("bench", "million_names")))
        step = 50_000
        for start in range(0, ORDERS, step):
            values = {
                "start": start, "stop": start + step - 1, "skus": common.SKUS, "explanation": explanation,
            }  # fmt: skip
            for name in (
                "million_people",
                "million_orders",
                "million_lines",
                "million_events",
                "million_work",
            ):
                conn.execute(sql.SQL(load_sql("bench", name)), values)
            common.say(f"{start + step:,} of {ORDERS:,}")
        conn.execute(sql.SQL(load_sql("bench", "million_stock")))
        conn.execute("SELECT setval('orders_number_seq', 2 * %s)", [ORDERS])
        conn.execute("VACUUM ANALYZE")
        conn.execute("COMMENT ON TABLE orders_order IS 'complete'")
    return url


def _make_way(server: str) -> None:
    with psycopg.connect(server, autocommit=True) as conn:
        known = conn.execute("SELECT datname FROM pg_database").fetchall()
        for (name,) in known:
            if name.startswith(NAME.rstrip("0123456789")):
                conn.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _explanation(url: str) -> str:
    # One real order lends its routing explanation to those that are made up.
    with common.web(url) as base:
        load.crowd(base, [load.body("real-1", {"SKU-1": 2, "SKU-2": 1})], 1)
    return floor.samples(url)["explanation"]


def _pages(url: str) -> dict[str, Callable[[int], str]]:
    # Each page is asked for many different things, so that no single row stays warm.
    with psycopg.connect(url) as conn:
        old = conn.execute(
            "SELECT number, id, email, customer_id, name FROM orders_order WHERE number = ANY(%s)",
            [[1_030_003 + n * (ORDERS // HISTORY) for n in range(HISTORY)]],
        ).fetchall()
        new = conn.execute(
            "SELECT number, id FROM orders_order WHERE units_allocated > 0 ORDER BY placed_at DESC LIMIT %s",
            [HISTORY],
        ).fetchall()
    return {
        "orders, all": lambda _: "/orders?view=all",
        "orders, open": lambda _: "/orders",
        "orders, unpaid": lambda _: "/orders?view=all&payment=pending",
        "orders, by tag": lambda _: "/orders?view=all&tag=gift",
        "orders, search e-mail": lambda n: f"/orders?view=all&q={old[n % HISTORY][2].partition('@')[0]}",
        "orders, search number": lambda n: f"/orders?view=all&q={old[n % HISTORY][0]}",
        "search": lambda n: f"/search/results?q={old[n % HISTORY][2].partition('@')[0]}",
        "orders, search name": lambda n: f"/orders?view=all&q={old[n % HISTORY][4].split()[-1]}",
        "search, name": lambda n: f"/search/results?q={old[n % HISTORY][4].split()[-1]}",
        "customers, name": lambda n: f"/customers?q={old[n % HISTORY][4].split()[-1]}",
        # A tenth of all orders and customers begins like this, some only long ago.
        "orders, broad search": lambda n: f"/orders?view=all&q=buyer-{n % 9 + 1}",
        "search, broad": lambda n: f"/search/results?q=buyer-{n % 9 + 1}",
        # The commonest name, of every twelfth person, and an SKU of a thousand orders.
        "search, common name": lambda n: f"/search/results?q={('nguyen', 'Nguyen')[n % 2]}",
        "orders, search SKU": lambda n: f"/orders?view=all&q=SKU-{n % 9 + 1}",
        "order, shipped": lambda n: f"/orders/{old[n % HISTORY][0]}",
        "order, open": lambda n: f"/orders/{new[n % HISTORY][0]}",
        "customer": lambda n: f"/customers/{old[n % HISTORY][3]}",
        "stock": lambda _: "/stock",
        "today": lambda _: "/today",
        "API orders": lambda _: "/api/v1/orders?limit=50",
        "API order": lambda n: f"/api/v1/orders/{old[n % HISTORY][1]}",
        "API stock": lambda _: "/api/v1/stock?limit=50",
    }


def _measure(base: str, name: str, page: Callable[[int], str], cookie: str) -> dict[str, Any]:
    client = http.client.HTTPConnection(urlsplit(base).netloc, timeout=120)
    headers = {"Cookie": cookie, "Authorization": f"Bearer {common.KEY}"}
    times, worst = [], 200
    for n in range(-WARM, REPEAT):
        started = time.perf_counter()
        client.request("GET", page(n % REPEAT), headers=headers)
        answer = client.getresponse()
        answer.read()
        if n >= 0:
            times.append((time.perf_counter() - started) * 1000)
        worst = max(worst, answer.status)
    return {
        "page": name, "p50": common.percentile(times, 50), "p95": common.percentile(times, 95), "status": worst,
    }  # fmt: skip


def _count(url: str, pages: dict[str, Callable[[int], str]]) -> tuple[str, dict[str, list[int]]]:
    """A logged-in session's cookie, and the queries that each page made for three different things."""
    os.environ |= {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "trivet.site.settings"}
    import django

    django.setup(set_prefix=False)
    from django.conf import settings
    from django.db import connection
    from django.test import Client

    from trivet.site import logs

    logs.configure("ERROR")
    settings.ALLOWED_HOSTS.append("testserver")
    client = _logged_in(Client())
    counts: dict[str, list[int]] = {}
    made: list[str] = []

    def note(execute: Any, statement: str, params: Any, many: bool, context: Any) -> Any:
        made.append(statement)
        return execute(statement, params, many, context)

    for name, page in pages.items():
        client.get(page(0), HTTP_AUTHORIZATION=f"Bearer {common.KEY}")
        for n in (1, 7, 13):
            made.clear()
            with connection.execute_wrapper(note):
                client.get(page(n), HTTP_AUTHORIZATION=f"Bearer {common.KEY}")
            counts.setdefault(name, []).append(len(made))
    cookie = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]  # of the PostgreSQL backend
    return cookie, counts


def _logged_in(client: Any) -> Any:
    from trivet.journal.rules import SYSTEM
    from trivet.lib import clock
    from trivet.lib.errors import Conflict
    from trivet.staff.actions import add_user
    from trivet.staff.models import User

    try:
        add_user("bench", "a password for measuring", role="owner", by=SYSTEM, now=clock.now())
    except Conflict:
        common.say("the reader is there already")
    client.force_login(
        User.objects.get(username="bench"), backend="django.contrib.auth.backends.ModelBackend"
    )
    return client
