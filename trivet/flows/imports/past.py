"""Imports remembered: the report of each as a receipt and a fact, so that it can be looked at later."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from trivet.flows.imports.report import Report
from trivet.journal.actions import record
from trivet.journal.actions.receipts import Arrival, keep
from trivet.journal.models import Receipt
from trivet.journal.rules import Actor
from trivet.lib.cursor import Page, cut, decode_as
from trivet.lib.errors import NotFound

SOURCE = "import"


@dataclass(frozen=True, slots=True)
class PastImport:
    """An import that was carried out; ``report`` as :meth:`Report.as_dict`, ``by`` for people."""

    id: UUID
    at: datetime
    by: str
    report: dict[str, Any]


def remember(report: Report, *, by: Actor, now: datetime) -> None:
    """Store the report with its rows, and the fact that the import was done."""
    summary = report.as_dict()
    payload = {"report": summary, "by": by.label, "rows": report.rows_told()}
    with transaction.atomic(durable=True):
        keep([Arrival(SOURCE, str(report.id), f"import.{report.what}", payload)], at=now, state="applied")
        record(
            "import.finished", ("import", report.id), by=by, at=now, what=report.what, file=report.file,
            rows=report.rows, verdicts=dict(report.verdicts), seconds=summary["seconds"],
        )  # fmt: skip


def past_imports(cursor: str = "", limit: int = 50) -> Page[PastImport]:
    """Imports, newest first, by keyset; one query."""
    found = Receipt.objects.filter(source=SOURCE)
    if cursor:
        (before,) = decode_as(cursor, UUID)
        found = found.filter(id__lt=before)
    told = found.order_by("-id").values_list(
        "id", "external_id", "received_at", "payload__by", "payload__report"
    )
    page = cut(list(told[: limit + 1]), limit, lambda row: (row[0],))
    return Page(
        [PastImport(UUID(key), at, by, report) for _, key, at, by, report in page.rows], page.next_cursor
    )


def past_import(key: UUID) -> tuple[PastImport, list[list[Any]]]:
    """One import with its rows (row, verdict, reason, key, value, message), at most 10,000; :class:`NotFound`."""
    found = Receipt.objects.filter(source=SOURCE, external_id=str(key)).first()
    if found is None:
        raise NotFound("there is no such import")
    payload = found.payload
    return PastImport(key, found.received_at, payload["by"], payload["report"]), payload["rows"]
