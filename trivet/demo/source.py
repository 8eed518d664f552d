"""Reading the data that ships with the demo, and moving its dates so that its last day is today."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
LAST_DAY = date(2011, 12, 9)
_OPENS, _CLOSES = 7, 18
"""Hours between which the shop of the data took its orders."""


@dataclass(frozen=True, slots=True)
class Item:
    """A line of a sale; the price of one unit in pence."""

    sku: str
    quantity: int
    pence: int


@dataclass(frozen=True, slots=True)
class Sale:
    """An invoice of the data. ``customer`` is empty for guests; ``at`` is UTC after :func:`sales` has moved it."""

    invoice: str
    at: datetime
    customer: str
    country: str
    shipping: int
    items: tuple[Item, ...]

    @property
    def goods(self) -> int:
        """What the goods cost, in pence."""
        return sum(item.quantity * item.pence for item in self.items)


@dataclass(frozen=True, slots=True)
class Article:
    """A SKU of the data with its most frequent description and price."""

    sku: str
    description: str
    pence: int


def articles() -> list[Article]:
    """The catalogue, by SKU."""
    return [Article(row["sku"], row["description"], int(row["pence"])) for row in _rows("catalogue.csv.gz")]


@cache
def outcodes() -> tuple[str, ...]:
    """All UK outward codes."""
    return tuple((files("trivet.demo") / "data" / "outcodes.txt").read_text(encoding="utf-8").split())


def sales(now: datetime) -> list[Sale]:
    """All sales up to ``now``, oldest first, moved by whole weeks so that weekdays stay what they were.

    The day that becomes today is squeezed into the ten hours before ``now``: its orders have all come in.
    """
    today = now.astimezone(LONDON).date()
    last = LAST_DAY - timedelta(days=(LAST_DAY.weekday() - today.weekday()) % 7)
    shift = today - last
    found = []
    for row in _rows("sales.csv.gz"):
        local = datetime.fromisoformat(row["at"])
        if local.date() > last:
            break
        at = (local + shift).replace(tzinfo=LONDON).astimezone(UTC)
        if local.date() == last:
            share = (local.hour + local.minute / 60 - _OPENS) / (_CLOSES - _OPENS)
            at = now - timedelta(hours=10) * (1 - min(max(share, 0.0), 0.995))
        items = tuple(
            Item(sku, int(quantity), int(pence))
            for sku, quantity, pence in (item.split(" ") for item in row["items"].split(";"))
        )
        found.append(Sale(row["invoice"], at, row["customer"], row["country"], int(row["shipping"]), items))
    return sorted(found, key=lambda sale: (sale.at, sale.invoice))


def moved(sale: Sale, country: str) -> Sale:
    """The same sale to a customer of another country."""
    return replace(sale, country=country)


def _rows(name: str) -> Iterator[dict[str, str]]:
    packed = (files("trivet.demo") / "data" / name).read_bytes()
    yield from csv.DictReader(io.StringIO(gzip.decompress(packed).decode("utf-8")))
