"""Reading at a million orders: server time of lists, search, order page and stock grid, and their query counts."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from trivet.bench import common
from trivet.lib.sql import load

ORDERS = 1_000_000
NAME = "trivet_bench_read"
REPEAT = 40


def run(quiet: bool = False, file: Path | None = None) -> dict[str, Any]:
    """Make the million once (kept between runs), then ask each page and API list ``REPEAT`` times."""
    del file
    with common.server() as server:
        url = _database(server)
        rows = _measure(url)
        result = {"bench": "read", "machine": common.machine(url), "orders": ORDERS, "pages": rows}
    keys = ("page", "p50", "p95", "queries", "status")
    common.table(
        ["page", "p50 ms", "p95 ms", "queries", "status"], [[r[k] for k in keys] for r in rows], quiet
    )
    worst = max(r["p95"] for r in rows)
    result["bars"] = [common.bar("p95 of the slowest page, ms", "< 100", worst, worst < 100)]
    return common.finish(result, quiet)


def _database(server: str) -> str:
    with psycopg.connect(server, autocommit=True) as conn:
        known = conn.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME]).fetchone()
    url = common.at(server, NAME)
    if known and common.count(url, "orders_order") >= ORDERS:
        import subprocess
        import sys

        subprocess.run(
            [sys.executable, "-m", "trivet.site", "migrate"],
            env=common.environment(url),
            check=True,
            stdout=2,
        )
        return url
    common.say(f"Making {ORDERS:,} orders, once; this takes some minutes.")
    url = common.fresh_database(server, NAME)
    common.seed(url)
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute("SET synchronous_commit = off")
        step = 50_000
        for start in range(0, ORDERS, step):
            for name in ("million_people", "million_orders", "million_lines", "million_events"):
                conn.execute(
                    sql.SQL(load("bench", name)),
                    {"start": start, "stop": start + step - 1, "skus": common.SKUS},
                )
            common.say(f"{start + step:,} of {ORDERS:,}")
        conn.execute("VACUUM ANALYZE")
    return url


def _measure(url: str) -> list[dict[str, Any]]:
    import os

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
    key = {"HTTP_AUTHORIZATION": f"Bearer {common.KEY}"}
    with psycopg.connect(url) as conn:
        row = conn.execute(
            "SELECT number, id FROM orders_order WHERE units_allocated > 0 LIMIT 1 OFFSET 500"
        ).fetchone()
    assert row is not None
    pages: dict[str, Callable[[], Any]] = {
        "orders, all": lambda: client.get("/orders?view=all"),
        "orders, open": lambda: client.get("/orders"),
        "orders, unpaid": lambda: client.get("/orders?view=all&payment=pending"),
        "orders, search e-mail": lambda: client.get("/orders?view=all&q=buyer-77777"),
        "orders, search number": lambda: client.get(f"/orders?view=all&q={row[0]}"),
        "search": lambda: client.get("/search/results?q=buyer-77777"),
        "order": lambda: client.get(f"/orders/{row[0]}"),
        "stock": lambda: client.get("/stock"),
        "today": lambda: client.get("/today"),
        "API orders": lambda: client.get("/api/v1/orders?limit=50", **key),
        "API order": lambda: client.get(f"/api/v1/orders/{row[1]}", **key),
    }
    rows = []
    for name, ask in pages.items():
        answer = ask()
        counted: list[str] = []

        def note(execute: Any, statement: str, params: Any, many: bool, context: Any) -> Any:
            counted.append(statement)  # noqa: B023  # used within this round only
            return execute(statement, params, many, context)

        with connection.execute_wrapper(note):
            ask()
        times = []
        for _ in range(REPEAT):
            started = time.perf_counter()
            ask()
            times.append((time.perf_counter() - started) * 1000)
        rows.append({
            "page": name, "p50": common.percentile(times, 50), "p95": common.percentile(times, 95),
            "queries": len(counted), "status": answer.status_code,
        })  # fmt: skip
    return rows


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
