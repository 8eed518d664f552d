"""What benchmarks share: a server with a fresh database, a seeded world, the web process tree, the table."""

from __future__ import annotations

import os
import platform
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

import psutil
import psycopg
from psycopg import sql

from trivet.lib.postgres import Cluster
from trivet.site.commands.base import data_dir
from trivet.staff.rules import secret_digest

SKUS = 2_000
PLACES = (
    ("london", 51.51, -0.12, "E1 6AN"), ("leeds", 53.80, -1.55, "LS1 1AA"), ("glasgow", 55.86, -4.25, "G1 1AA"),
    ("bristol", 51.45, -2.59, "BS1 1AA"),
)  # fmt: skip
KEY = "tvk_bench_only_a_key_for_measuring"


VARIANT = "0198000000007000"
PLACE = "0198000000017000"
"""The first halves of ids; the second half is written in decimal digits, which pgbench can count in."""
FIRST = 8_000_000_000_000_000


def variant_id(n: int) -> UUID:
    """The id of the n-th SKU: computable, so that a load generator needs no look-up."""
    return UUID(f"{VARIANT}{FIRST + n}")


def place_id(n: int) -> UUID:
    """The id of the n-th place."""
    return UUID(f"{PLACE}{FIRST + n}")


CHANNEL = UUID("01980000-0002-7000-8000-000000000001")


@contextmanager
def server() -> Iterator[str]:
    """The URL of a PostgreSQL server to measure on: that of DATABASE_URL, else an embedded one of our own."""
    given = os.environ.get("DATABASE_URL")
    if given:
        yield given
        return
    # 256 clients of the floor hold a connection each, beside those of the web processes.
    with Cluster(data_dir() / "bench", {"max_connections": "320"}).session() as cluster:
        yield cluster.url("postgres")


def at(url: str, database: str) -> str:
    """``url`` with another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


def fresh_database(url: str, name: str) -> str:
    """Drop and make the database ``name`` with the product's schema; its URL."""
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        conn.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    made = at(url, name)
    migrate(made)
    return made


def migrate(url: str) -> None:
    """Bring the schema up to date."""
    subprocess.run(
        [sys.executable, "-m", "trivet.site", "migrate"], env=environment(url), check=True, stdout=2
    )


def finished(url: str) -> bool:
    """Whether the database was filled to the end by a run before."""
    with psycopg.connect(url) as conn:
        row = conn.execute("SELECT obj_description(to_regclass('orders_order'))").fetchone()
        return row is not None and row[0] == "complete"


def environment(url: str) -> dict[str, str]:
    """The environment of a process of the product on the database ``url``."""
    return {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "trivet.site.settings"}


def seed(url: str, *, skus: int = SKUS, stock: int = 1_000_000) -> None:
    """One brand, one channel, four places, ``skus`` SKUs with ``stock`` units at each place, one key."""
    with psycopg.connect(url) as conn:
        brand = UUID(int=CHANNEL.int + 1)
        conn.execute("INSERT INTO company_brand (id, slug, name) VALUES (%s, 'bench', 'Bench')", [brand])
        conn.execute(
            "INSERT INTO company_channel (id, brand_id, slug, name, kind, currency, timezone, locale, on_shortage, "
            "buffer, floor, active) VALUES (%s, %s, 'web', 'Web', 'api', 'GBP', 'UTC', 'en', 'backorder', 0, 0, true)",
            [CHANNEL, brand],
        )
        for n, (code, lat, lon, postcode) in enumerate(PLACES):
            conn.execute(
                "INSERT INTO company_location (id, code, name, kind, line1, city, region, postal_code, country, "
                "latitude, longitude, geo_source, timezone, dispatch_days, holiday_calendar, cut_off, priority, "
                "min_stock, active) VALUES (%s, %s, %s, 'warehouse', '', '', '', %s, 'GB', %s, %s, '', "
                "'Europe/London', '{0,1,2,3,4}', 'GB', '14:00', %s, 0, true)",
                [place_id(n), code, code.title(), postcode, lat, lon, 10 + n],
            )
            conn.execute(
                "INSERT INTO company_channellocation (id, channel_id, location_id, methods, countries) "
                "VALUES (gen_random_uuid(), %s, %s, '{}', '{}')",
                [CHANNEL, place_id(n)],
            )
        product = UUID(int=CHANNEL.int + 2)
        conn.execute(
            "INSERT INTO catalog_product (id, handle, title, description, image, created_at) "
            "VALUES (%s, 'bench', 'Bench', '', '', now())",
            [product],
        )
        with conn.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO catalog_variant (id, product_id, sku, key, title, weight_g, hs_code, origin, currency, "
                "is_bundle, active, created_at) VALUES (%s, %s, %s, %s, %s, 250, '', '', 'GBP', false, true, now())",
                [(variant_id(n), product, f"SKU-{n}", f"SKU-{n}", f"Item {n}") for n in range(skus)],
            )
        for table, extra in (
            ("stocklevel", ""),
            ("stockentry", ", at, kind, reason, cause_kind, cause_id, actor_label"),
        ):
            values = ", now(), 'open', '', 'bench', l.id, 'bench'" if extra else ""
            conn.execute(
                f"INSERT INTO inventory_{table} (variant_id, location_id, on_hand, damaged, quality_control, "
                f"safety_stock, reserved, allocated, incoming{extra}) "
                f"SELECT v.id, l.id, %s, 0, 0, 0, 0, 0, 0{values} FROM catalog_variant v CROSS JOIN company_location l",
                [stock],
            )
        conn.execute(
            "INSERT INTO staff_apikey (id, name, digest, hint, scopes, created_at, created_by) "
            "VALUES (gen_random_uuid(), 'bench', %s, 'bench', '{*}', now(), 'bench')",
            [secret_digest(KEY)],
        )
        conn.execute("UPDATE company_revision SET number = number + 1")
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute("VACUUM ANALYZE")


@contextmanager
def web(url: str, workers: int = 2) -> Iterator[str]:
    """The web processes as ``trivet up`` starts them, without a worker, on a free port; their base URL."""
    from trivet.site.supervisor import web as child

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    tree = child("127.0.0.1", port, workers, environment(url))
    # The lines are written as always; a terminal that shows them would be measured too.
    with (data_dir() / "bench-web.log").open("wb") as log:
        tree.start(log)
    base = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 60
        while not _ready(base):
            assert tree.process is not None
            if tree.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the web server did not start; see {data_dir() / 'bench-web.log'}")
            time.sleep(0.2)
        yield base
    finally:
        assert tree.process is not None
        tree.process.terminate()
        tree.process.wait(30)


def _ready(base: str) -> bool:
    try:
        with urllib.request.urlopen(f"{base}/readyz", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def ledger_gaps(url: str) -> int:
    """Levels whose counters are not the sums of their ledger; must be 0."""
    with psycopg.connect(url) as conn:
        row = conn.execute(
            "SELECT count(*) FROM inventory_stocklevel l FULL JOIN (SELECT variant_id, location_id, sum(on_hand) h, "
            "sum(reserved) r, sum(allocated) a FROM inventory_stockentry GROUP BY 1, 2) e "
            "USING (variant_id, location_id) WHERE (e.h, e.r, e.a) IS DISTINCT FROM "
            "(l.on_hand::bigint, l.reserved::bigint, l.allocated::bigint)"
        ).fetchone()
        return int(row[0]) if row else -1


def count(url: str, table: str) -> int:
    """Rows of a table."""
    with psycopg.connect(url) as conn:
        row = conn.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))).fetchone()
        return int(row[0]) if row else 0


def settle(url: str) -> None:
    """Write what is dirty to disk, so that no measurement pays for the one before."""
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute("CHECKPOINT")


def machine(url: str) -> dict[str, Any]:
    """What it was measured on: hardware, versions, and the settings that trade durability for speed."""
    with psycopg.connect(url) as conn:
        row = conn.execute(
            "SELECT current_setting('server_version'), current_setting('fsync'), "
            "current_setting('synchronous_commit'), current_setting('shared_buffers')"
        ).fetchone()
    assert row is not None
    return {
        "cores": os.cpu_count(), "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "load_before": round(os.getloadavg()[0], 1), "python": platform.python_version(),
        "granian": version("granian"), "postgresql": row[0], "fsync": row[1], "synchronous_commit": row[2],
        "shared_buffers": row[3], "system": platform.platform(terse=True),
    }  # fmt: skip


def bar(what: str, wanted: str, value: float, met: bool) -> dict[str, Any]:
    """One bar of the benchmark: what is shown, what is wanted, what was found."""
    return {"what": what, "wanted": wanted, "value": round(value, 3), "met": met}


def finish(result: dict[str, Any], quiet: bool) -> dict[str, Any]:
    """Tell the bars and the machine under the table; the result again."""
    to = sys.stderr if quiet else sys.stdout
    print(file=to)
    for one in result["bars"]:
        print(
            f"{'met   ' if one['met'] else 'MISSED'}  {one['what']}: {one['value']:,} (wanted {one['wanted']})",
            file=to,
        )
    print("Machine: " + ", ".join(f"{k} {v}" for k, v in result["machine"].items()), file=to, flush=True)
    return result


def table(headers: Sequence[str], rows: Sequence[Sequence[Any]], quiet: bool) -> None:
    """Print a table; to standard error when the caller prints JSON."""
    text = [[_cell(c) for c in row] for row in rows]
    widths = [max(len(h), *(len(r[n]) for r in text)) if text else len(h) for n, h in enumerate(headers)]
    for row in [list(headers), *text]:
        line = "  ".join(c.rjust(w) for c, w in zip(row, widths, strict=True))
        print(line, file=sys.stderr if quiet else sys.stdout, flush=True)


def say(text: str) -> None:
    """Tell how far it is."""
    print(text, file=sys.stderr, flush=True)


def _cell(value: Any) -> str:
    return (
        f"{value:,.2f}"
        if isinstance(value, float)
        else f"{value:,}"
        if isinstance(value, int)
        else str(value)
    )


def percentile(values: Sequence[float], q: float) -> float:
    """The q-th percentile by nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * q / 100))] if ordered else 0.0


HERE = Path(__file__).parent
