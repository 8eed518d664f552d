"""Trim the UCI Online Retail file to the sales and the catalogue that ship with the demo.

Run: ``python tools/build_demo.py FOLDER`` where FOLDER holds ``uci_online_retail/*.csv.gz`` and
``postal_geo/uk_outcodes.csv``. Writes ``trivet/demo/data``; the same source gives the same bytes.
What is left out is told in ``trivet/demo/data/ATTRIBUTION.md``.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path

TARGET = Path(__file__).resolve().parent.parent / "trivet" / "demo" / "data"
MOST_LINES = 20
MOST_UNITS = 1_000
SHIPPING = {"POST", "DOT", "C2"}
GOODS = re.compile(r"\d{5}[A-Z]{0,2}")
COUNTRIES = {
    "United Kingdom": "GB", "Germany": "DE", "France": "FR", "EIRE": "IE", "Belgium": "BE", "Netherlands": "NL",
    "Spain": "ES", "Switzerland": "CH", "Portugal": "PT", "Italy": "IT", "Sweden": "SE", "Norway": "NO",
    "Finland": "FI", "Poland": "PL", "Denmark": "DK", "Austria": "AT", "Australia": "AU",
}  # fmt: skip

Row = dict[str, str]


def invoices(path: Path) -> Iterator[tuple[str, list[Row]]]:
    """The invoices of the file with their rows, in the file's order."""
    found: dict[str, list[Row]] = {}
    with gzip.open(path, "rt", encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            found.setdefault(row["InvoiceNo"], []).append(row)
    yield from found.items()


def pence(text: str) -> int | None:
    """A price in pence, or None when it has a fraction of a penny or is negative."""
    exact = Decimal(text) * 100
    return int(exact) if exact >= 0 and exact == int(exact) else None


def kept(key: str, rows: list[Row]) -> list[Row] | None:
    """The goods of an invoice that the demo can tell, or None."""
    goods = [r for r in rows if GOODS.fullmatch(r["StockCode"].upper())]
    others = {r["StockCode"].upper() for r in rows} - {r["StockCode"].upper() for r in goods}
    fits = (
        key.isdigit()
        and 0 < len(goods) <= MOST_LINES
        and others <= SHIPPING
        and rows[0]["Country"] in COUNTRIES
        and all(0 < int(r["Quantity"]) <= MOST_UNITS and pence(r["UnitPrice"]) is not None for r in rows)
        and any(pence(r["UnitPrice"]) for r in goods)
    )
    return goods if fits else None


def write(name: str, header: list[str], rows: list[list[str]]) -> None:
    """Write a compressed CSV without a time stamp in it."""
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\n")
    out.writerow(header)
    out.writerows(rows)
    (TARGET / name).write_bytes(gzip.compress(text.getvalue().encode(), 9, mtime=0))
    print(f"{name}: {len(rows)} rows, {(TARGET / name).stat().st_size:,} bytes")


def sales(path: Path) -> set[str]:
    """Write the sales: a row an invoice, goods as ``sku quantity pence`` joined by semicolons. The SKUs sold."""
    rows, skus = [], set()
    for key, lines in invoices(path):
        goods = kept(key, lines)
        if goods is None:
            continue
        head = lines[0]
        shipping = sum(
            int(r["Quantity"]) * (pence(r["UnitPrice"]) or 0)
            for r in lines
            if r["StockCode"].upper() in SHIPPING
        )
        items = []
        for r in goods:
            sku = r["StockCode"].upper()
            skus.add(sku)
            items.append(f"{sku} {r['Quantity']} {pence(r['UnitPrice'])}")
        at = datetime.fromisoformat(head["InvoiceDate"])
        customer = head["CustomerID"].removesuffix(".0")
        rows.append(
            [
                key,
                f"{at:%Y-%m-%dT%H:%M}",
                customer,
                COUNTRIES[head["Country"]],
                str(shipping),
                ";".join(items),
            ]
        )
    rows.sort(key=lambda r: (r[1], r[0]))
    write("sales.csv.gz", ["invoice", "at", "customer", "country", "shipping", "items"], rows)
    return skus


def catalogue(path: Path, skus: set[str]) -> None:
    """Write each sold SKU with its most frequent description and price."""
    titles: dict[str, Counter[str]] = defaultdict(Counter)
    prices: dict[str, Counter[int]] = defaultdict(Counter)
    for _, lines in invoices(path):
        for r in lines:
            sku, title, price = (
                r["StockCode"].upper(),
                " ".join(r["Description"].split()),
                pence(r["UnitPrice"]),
            )
            # Notes of the warehouse ("check", "damages?") stand in the same column, in lower case.
            if sku in skus and int(r["Quantity"]) > 0 and price:
                prices[sku][price] += 1
                if title == title.upper() or title.istitle():
                    titles[sku][title] += 1
                else:
                    titles[sku][title] += 0
    rows = []
    for sku in sorted(skus):
        title = min(titles[sku], key=lambda t: (-titles[sku][t], t), default="")
        price = min(prices[sku], key=lambda p: (-prices[sku][p], p))
        rows.append([sku, title, str(price)])
    write("catalogue.csv.gz", ["sku", "description", "pence"], rows)


def outcodes(path: Path) -> None:
    """Write the UK outcodes that exist, for invented addresses in real districts."""
    with path.open(encoding="utf-8", newline="") as stream:
        codes = sorted({row["outcode"] for row in csv.DictReader(stream)})
    (TARGET / "outcodes.txt").write_text("\n".join(codes) + "\n", encoding="utf-8")


def main() -> None:
    """Build everything."""
    folder = Path(sys.argv[1])
    source = next((folder / "uci_online_retail").glob("*.csv.gz"))
    TARGET.mkdir(parents=True, exist_ok=True)
    catalogue(source, sales(source))
    outcodes(folder / "postal_geo" / "uk_outcodes.csv")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main()
