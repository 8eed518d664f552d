"""Imports: a file in, a report out; every row has a verdict. The same file twice creates nothing."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Schema, Status

from trivet.api.auth import BearerKey, caller_of
from trivet.api.kinds import Cursor, Limit, PageOf, Slug, Text
from trivet.api.wire import BODY, Malformed, TooLarge, check_whole, chunked
from trivet.flows.imports import (
    FORMATS,
    STOCK,
    Report,
    import_catalog,
    import_orders,
    import_stock,
    past_import,
    past_imports,
)
from trivet.lib.errors import Invalid

router = Router(tags=["imports"])
run_imports = BearerKey("import.run")

LARGEST_FILE = 500_000_000
_PIECE = 262_144


class FileQuery(Schema):
    """How to read the file; ``name`` is what the report calls it.

    ``decimal`` says what stands before the decimals of its numbers, where the file leaves it open.
    """

    sheet: Text = ""
    decimal: Literal["", "point", "comma"] = ""
    name: Text = "upload"
    dry_run: bool = False


class OrdersQuery(FileQuery):
    """``stock``: ``skip`` keeps history, ``update`` promises stock as for a new order, ``force`` records sales.

    ``dates`` says how dates such as 3/4/2011 are meant, where the file leaves it open.
    """

    channel: Slug
    dates: Literal["", "day-first", "month-first"] = ""
    form: Literal[FORMATS] = "csv"  # type: ignore[valid-type]  # the story names them
    stock: Literal[STOCK] = "skip"  # type: ignore[valid-type]
    create_products: bool = False
    location: Text = ""


class CatalogQuery(FileQuery):
    """``currency`` counts where a row names none."""

    currency: Text = ""


class StockQuery(FileQuery):
    """``location`` (a place's code) counts where a row names none."""

    location: Text = ""


class PastOut(Schema):
    """An import that was carried out."""

    id: UUID
    at: datetime
    by: str
    report: dict[str, Any]


class PastRowsOut(PastOut):
    """With its rows: row, verdict, reason, key, value in minor units, message; at most 10,000."""

    rows: list[list[Any]]


FILE = {
    "requestBody": {
        "required": True,
        "description": "the file itself: CSV, gzipped CSV or XLSX, sent with its Content-Length",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


Answer = Status[dict[str, Any]]
_POST: dict[str, Any] = {"auth": run_imports, "response": {201: dict[str, Any]}, "openapi_extra": FILE}


@router.post("/orders", summary="Import orders", **_POST)
def post_orders(request: HttpRequest, how: Query[OrdersQuery]) -> Answer:
    """The report counts verdicts by kind and compares the money of the rows with what became of them.

    ``money`` by currency, in minor units: ``file`` = ``orders`` (of it ``unchanged``) + ``kept`` + ``skipped`` (of it
    ``refused`` and ``conflict``) + ``difference``, which is 0; ``unreadable`` counts rows that say no amount and
    ``rows_lost`` rows without a verdict. Its rows can be asked for.
    """
    return _run(request, import_orders, how)


@router.post("/catalog", summary="Import products", **_POST)
def post_catalog(request: HttpRequest, how: Query[CatalogQuery]) -> Answer:
    """Products with barcodes, weights and unit costs: added, changed where they differ, or skipped with a reason."""
    return _run(request, import_catalog, how)


@router.post("/stock", summary="Import counted stock", **_POST)
def post_stock(request: HttpRequest, how: Query[StockQuery]) -> Answer:
    """Opening balances and counts; the same count again changes nothing."""
    return _run(request, import_stock, how)


def _run(request: HttpRequest, story: Callable[..., Report], how: FileQuery) -> Answer:
    with _file(request) as path:
        return Status(201, story(path, by=caller_of(request).actor, **how.model_dump()).as_dict())


@contextmanager
def _file(request: HttpRequest) -> Iterator[Path]:
    if chunked(request):
        # A cut in the middle of a number leaves a file that reads well: 1234 becomes 12.
        raise Malformed(
            "send a Content-Length: without it a file that broke off looks like a whole one",
            field="Content-Length",
        )
    with tempfile.NamedTemporaryFile(prefix="trivet-import-") as kept:
        size = 0
        while piece := request.read(_PIECE):
            size += len(piece)
            if size > LARGEST_FILE:
                raise TooLarge(
                    f"a file may have {LARGEST_FILE} bytes at most", limit=LARGEST_FILE, field=BODY
                )
            kept.write(piece)
        if not size:
            raise Invalid(BODY, "the file is empty")
        check_whole(request, size)
        kept.flush()
        yield Path(kept.name)


@router.get("", auth=run_imports, response=PageOf[PastOut], summary="Past imports")
def list_imports(request: HttpRequest, cursor: Cursor = "", limit: Limit = 50) -> Any:
    """The latest first."""
    return past_imports(cursor, limit)


@router.get("/{uuid:item}", auth=run_imports, response=PastRowsOut, summary="One import")
def get_import(request: HttpRequest, item: UUID) -> dict[str, Any]:
    """With the verdicts of its rows."""
    found, rows = past_import(item)
    return {"id": found.id, "at": found.at, "by": found.by, "report": found.report, "rows": rows}
