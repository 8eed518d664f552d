"""Files that people send: kept in the database, imported by a worker, looked at while it goes on."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from trivet.flows.imports.catalog import import_catalog
from trivet.flows.imports.orders import import_orders
from trivet.flows.imports.report import Report
from trivet.flows.imports.stock import import_stock
from trivet.flows.jobs import run_import
from trivet.journal.rules import Actor
from trivet.lib import clock
from trivet.lib.errors import DomainError, Invalid, NotFound, WrongState
from trivet.partners.models import Upload, UploadPiece
from trivet.partners.rules import UPLOAD

IMPORTS: dict[str, Callable[..., Report]] = {
    "orders": import_orders, "catalog": import_catalog, "stock": import_stock,
}  # fmt: skip

LARGEST_FILE = 500_000_000
FILES_KEPT = timedelta(days=1)
"""How long the file of a dry run or of a failed import is kept, to be carried out without sending it again."""
UPLOADS_KEPT = timedelta(days=30)
FAULT = "A fault of ours. It is tried again by itself; the exception desk tells when that ends."
BEAT = 0.7
"""Seconds between two notes of progress."""


@dataclass(frozen=True, slots=True)
class UploadView:
    """A file and how far its import is. ``repeatable``: a dry run whose file is still there."""

    id: UUID
    what: str
    name: str
    how: dict[str, Any]
    dry_run: bool
    size: int
    by: str
    state: str
    rows_done: int
    rows_total: int
    report: dict[str, Any] | None
    error: str
    uploaded_at: datetime
    repeatable: bool

    @property
    def under_way(self) -> bool:
        """Whether there is something to wait for."""
        return self.state in {"waiting", "running"}


def take_in(
    pieces: Iterable[bytes], what: str, name: str, how: Mapping[str, Any], *, dry_run: bool, by: Actor, now: datetime
) -> UUID:  # fmt: skip
    """Keep a file and have it imported by a worker; the key under which its progress can be seen."""
    if what not in IMPORTS:
        raise Invalid("what", f"must be one of {', '.join(IMPORTS)}")
    with transaction.atomic(durable=True):
        upload = Upload.objects.create(
            what=what, name=name[:200], how=dict(how), dry_run=dry_run, actor_id=by.person, actor_label=by.label,
            uploaded_at=now,
        )  # fmt: skip
        size = 0
        for number, piece in enumerate(pieces):
            size += len(piece)
            if size > LARGEST_FILE:
                raise Invalid("file", "is too large")
            UploadPiece.objects.create(upload=upload, number=number, data=piece)
        if not size:
            raise Invalid("file", "is empty")
        Upload.objects.filter(id=upload.id).update(size=size)
        run_import.defer(upload=str(upload.id))
    return upload.id


def repeat_for_real(key: UUID, *, by: Actor, now: datetime) -> None:
    """Carry out what a dry run tried, with the same file; :class:`WrongState` when somebody did or the file is gone."""
    with transaction.atomic(durable=True):
        found = Upload.objects.filter(id=key, dry_run=True, state__in=UPLOAD.sources("repeat"))
        there = UploadPiece.objects.filter(upload=key).exists()
        changed = there and found.update(
            state=UPLOAD.target("repeat"), dry_run=False, report=None, rows=None, rows_done=0, actor_id=by.person,
            actor_label=by.label, uploaded_at=now,
        )  # fmt: skip
        if not changed:
            raise WrongState("someone imported it already, or the file is no longer kept: send it again")
        run_import.defer(upload=str(key))


def carry_out(key: UUID) -> None:
    """Do the import of a kept file. What the file is to blame for ends it; any other fault is raised."""
    begun = Upload.objects.filter(id=key, state__in=UPLOAD.sources("begin"))
    if not begun.update(state=UPLOAD.target("begin"), error=""):
        return
    upload = Upload.objects.get(id=key)
    by = Actor("user", upload.actor_id, upload.actor_label)
    try:
        with _file(key) as path, _noted(key) as note:
            report = IMPORTS[upload.what](
                path, **upload.how, dry_run=upload.dry_run, name=upload.name, by=by, progress=note
            )
    except DomainError as error:
        _end(key, "fail", error=error.message)
        return
    except Exception:
        Upload.objects.filter(id=key).update(error=FAULT)
        raise
    with transaction.atomic():
        rows = report.rows_told() if upload.dry_run else None
        _end(key, "finish", report=report.as_dict(), rows=rows, rows_done=report.rows, rows_total=report.rows)
        if not upload.dry_run:
            UploadPiece.objects.filter(upload=key).delete()


def _end(key: UUID, verb: str, **values: Any) -> None:
    found = Upload.objects.filter(id=key, state__in=UPLOAD.sources(verb))
    found.update(state=UPLOAD.target(verb), finished_at=clock.now(), **values)


@contextmanager
def _file(key: UUID) -> Iterator[Path]:
    with tempfile.NamedTemporaryFile(prefix="trivet-import-") as kept:
        for number in (
            UploadPiece.objects.filter(upload=key).order_by("number").values_list("number", flat=True)
        ):
            kept.write(UploadPiece.objects.values_list("data", flat=True).get(upload=key, number=number))
        kept.flush()
        yield Path(kept.name)


@contextmanager
def _noted(key: UUID) -> Iterator[Callable[[int, int], None]]:
    # Progress is written on a connection of its own: an import may be one transaction that nobody sees into.
    latest, over = [(0, 0)], threading.Event()

    def write() -> None:
        told = (0, 0)
        try:
            while not over.wait(BEAT):
                if latest[0] != told:
                    told = latest[0]
                    Upload.objects.filter(id=key).update(rows_done=told[0], rows_total=told[1])
        finally:
            connection.close()

    def note(done: int, total: int) -> None:
        latest[0] = (done, total)

    writer = threading.Thread(target=write, name="import-progress", daemon=True)
    writer.start()
    try:
        yield note
    finally:
        over.set()
        writer.join()


def upload(key: UUID) -> UploadView:
    """One upload; :class:`NotFound`."""
    found = Upload.objects.filter(id=key).defer("rows").first()
    if found is None:
        raise NotFound("there is no such import")
    return _view(found, UploadPiece.objects.filter(upload=key).exists())


def upload_rows(key: UUID) -> list[list[Any]]:
    """The rows that a dry run told of: row, verdict, reason, key, value, message."""
    return Upload.objects.filter(id=key).values_list("rows", flat=True).first() or []


def recent_uploads(limit: int = 20) -> list[UploadView]:
    """Uploads that are under way, were only tried, or failed; newest first. The others are past imports."""
    found = Upload.objects.exclude(state="done", dry_run=False).defer("rows").order_by("-uploaded_at")
    return [_view(row, there=False) for row in found[:limit]]


def forget_uploads(*, now: datetime) -> int:
    """Delete files that nobody carried out, and old uploads; how many uploads went."""
    ended = Upload.objects.exclude(state__in=["waiting", "running"])
    UploadPiece.objects.filter(upload__in=ended.filter(uploaded_at__lt=now - FILES_KEPT)).delete()
    return ended.filter(uploaded_at__lt=now - UPLOADS_KEPT).delete()[0]


def _view(row: Upload, there: bool) -> UploadView:
    return UploadView(
        row.id, row.what, row.name, row.how, row.dry_run, row.size, row.actor_label, row.state, row.rows_done,
        row.rows_total, row.report, row.error, row.uploaded_at, there and row.dry_run and row.state == "done",
    )  # fmt: skip
