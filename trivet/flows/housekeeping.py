"""The exception desk kept true: what waits for a person is there, what no longer does is not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Exists, OuterRef

from trivet.flows.story import story
from trivet.journal.actions.exceptions import raise_exception, settle
from trivet.journal.models import ExceptionItem, IdempotencyKey, Receipt
from trivet.journal.rules import SYSTEM
from trivet.orders.actions.counters import lock_orders
from trivet.orders.models import Hold

WAITING = {"mapping": "An SKU of the order is not known", "stock": "Not enough stock for the order"}
"""Holds that the system sets and a person has to look into; the kind of hold is the kind of item."""

ANSWERS_KEPT = timedelta(days=2)
STUCK_AFTER = timedelta(minutes=15)


def open_waiting(orders: Sequence[UUID], *, now: datetime) -> int:
    """Put orders held for a mapping or for stock on the exception desk; how many items are new."""
    held = Hold.objects.filter(order__in=orders, released_at=None, kind__in=WAITING).select_related("order")
    return sum(
        raise_exception(
            hold.kind,
            ("order", hold.order_id),
            WAITING[hold.kind],
            by=SYSTEM,
            at=now,
            number=hold.order.number,
        )
        for hold in held.order_by("placed_at", "id")
    )


def settle_desk(*, now: datetime) -> None:
    """Bring what waits to the desk and take away what no longer does.

    An item that somebody ticked off, or a story forgot to open, comes back for as long as its hold binds.
    """
    _settle_released(now)
    _bring_held(now)
    _report_failed_jobs(now)
    _report_stuck_receipts(now)


def forget_answers(*, now: datetime) -> int:
    """Delete answers kept under idempotency keys for longer than anybody retries; how many."""
    return IdempotencyKey.objects.filter(created_at__lt=now - ANSWERS_KEPT).delete()[0]


def jobs_by_state() -> dict[str, int]:
    """Jobs that are not finished well, by state: ``todo``, ``doing``, ``failed``."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT status::text, count(*) FROM procrastinate_jobs "
            "WHERE status IN ('todo', 'doing', 'failed') GROUP BY status"
        )
        return {"todo": 0, "doing": 0, "failed": 0, **dict(cursor.fetchall())}


def _settle_released(now: datetime) -> None:
    items = ExceptionItem.objects.filter(state="open", kind__in=WAITING, subject_kind="order")
    waiting = list(items.values_list("kind", "subject_id"))
    held = _held({order for _, order in waiting})
    for kind, order in waiting:
        if (order, kind) not in held:
            _settle_free(kind, order, now)


@story
def _settle_free(kind: str, order: UUID, now: datetime) -> None:
    # Holds are placed under the order's lock: what is read here stays true until the item is closed.
    lock_orders([order])
    if (order, kind) not in _held({order}):
        settle(kind, order, by=SYSTEM, at=now, resolution="the hold was released")


def _bring_held(now: datetime) -> None:
    told = ExceptionItem.objects.filter(state="open", kind=OuterRef("kind"), subject_id=OuterRef("order"))
    untold = Hold.objects.filter(~Exists(told), released_at=None, kind__in=WAITING)
    for order in sorted(set(untold.values_list("order_id", flat=True))):
        _bring(order, now)


@story
def _bring(order: UUID, now: datetime) -> None:
    # Holds are lifted under the order's lock too: no item is opened for one that is gone.
    lock_orders([order])
    open_waiting([order], now=now)


def _held(orders: set[UUID]) -> set[tuple[UUID, str]]:
    held = Hold.objects.filter(order__in=orders, released_at=None, kind__in=WAITING)
    return set(held.values_list("order_id", "kind"))


def _report_failed_jobs(now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, task_name, attempts FROM procrastinate_jobs WHERE status = 'failed'")
        failed = cursor.fetchall()
    told = set(ExceptionItem.objects.filter(kind="job_failed").values_list("subject_id", flat=True))
    for key, task, attempts in failed:
        subject = UUID(int=key)
        if subject not in told:
            raise_exception(
                "job_failed", ("job", subject), f"The job {task} failed", by=SYSTEM, at=now, job=key, task=task,
                attempts=attempts,
            )  # fmt: skip


def _report_stuck_receipts(now: datetime) -> None:
    stuck = Receipt.objects.filter(state="received", received_at__lt=now - STUCK_AFTER)
    for receipt in stuck.order_by("received_at")[:100]:
        raise_exception(
            "receipt_stuck", ("receipt", receipt.id), f"A payload from {receipt.source} was not interpreted",
            by=SYSTEM, at=now, source=receipt.source, external_id=receipt.external_id,
        )  # fmt: skip


@transaction.atomic
def retry_job(job: int) -> bool:
    """Have a failed job done again; whether it was failed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT status::text FROM procrastinate_jobs WHERE id = %s FOR UPDATE", [job])
        row = cursor.fetchone()
        if row is None or row[0] != "failed":
            return False
        cursor.execute("SELECT procrastinate_retry_job_v2(%s, now(), NULL, NULL, NULL)", [job])
        return True
