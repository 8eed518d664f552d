"""An import whose process is killed in the middle: what is there is whole, and doing it again brings the rest."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote

import pytest
from django.db import connection

from tests.world import build
from trivet.flows.imports import import_orders
from trivet.inventory.models import StockEntry
from trivet.journal.models import Receipt
from trivet.orders.models import Order, OrderLine

pytestmark = pytest.mark.django_db(transaction=True)

SAMPLE = Path(__file__).parents[2] / "trivet/partners/files/tests/data/uci_sample.csv"
SCRIPT = """
import sys, time
import django
django.setup()
from trivet.flows.imports import import_orders, run
run.GROUP_ORDERS = 1
import_orders(sys.argv[1], channel="web", form="uci", stock="force", create_products=True,
              listener=lambda verdict: time.sleep(0.005))
"""


def _environment() -> dict[str, str]:
    at = connection.settings_dict
    url = f"postgresql://{quote(at['USER'])}:{quote(at['PASSWORD'] or '')}@/{at['NAME']}?host={quote(at['HOST'] or '')}"
    if at["PORT"]:
        url += f"&port={at['PORT']}"
    return {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "trivet.site.settings"}


def _wait_for_its_session() -> None:
    """The server ends what the killed process had sent, a commit too; then its session is gone."""
    with connection.cursor() as cursor:
        for _ in range(2_000):
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                "AND pid <> pg_backend_pid() AND backend_type = 'client backend' AND state <> 'idle'"
            )
            if cursor.fetchone() == (0,):
                return
            cursor.execute("SELECT pg_sleep(0.01)")
    raise AssertionError("its session never ended")


def test_a_killed_import_is_finished_by_doing_it_again(transactional_db: None) -> None:
    build()
    process = subprocess.Popen([sys.executable, "-c", SCRIPT, str(SAMPLE)], env=_environment())
    try:
        until = time.monotonic() + 60
        while Order.objects.count() < 4 and process.poll() is None and time.monotonic() < until:
            time.sleep(0.02)
    finally:
        process.kill()
        process.wait()
    _wait_for_its_session()
    stored = Order.objects.count()
    assert 4 <= stored < 15
    assert all(OrderLine.objects.filter(order=order).exists() for order in Order.objects.all())
    report = import_orders(SAMPLE, channel="web", form="uci", stock="force", create_products=True)
    assert report.orders == {"unchanged": stored, "created": 15 - stored, "refused": 0}
    assert Order.objects.count() == 15
    assert Receipt.objects.exclude(source="import").count() == 14 + 15
    # Each write-off of the file stands in the ledger once.
    moves = StockEntry.objects.filter(kind="adjust").values_list("variant__sku", "on_hand")
    assert sorted(moves) == [("21777", -10), ("22139", 56), ("22734", 20), ("GIFT_0001_20", 10)]
