"""Group commit for orders: transaction, retries, and the seat of the leaders."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from typing import Literal

import psycopg
import structlog
from django.conf import settings
from django.db import connection, transaction
from psycopg_pool import PoolTimeout

from trivet.flows.intake.picture import Contested
from trivet.flows.intake.place_many import place_many
from trivet.flows.intake.request import Request
from trivet.flows.intake.result import Result
from trivet.flows.intake.write import LostRace
from trivet.lib import clock
from trivet.lib.errors import Busy, Invalid
from trivet.lib.group_commit import GroupCommit

ATTEMPTS = 6
RECONNECTS = 3
_AGAIN = (
    psycopg.errors.DeadlockDetected,
    psycopg.errors.SerializationFailure,
    psycopg.errors.UniqueViolation,
    psycopg.errors.LockNotAvailable,
)
_UNFIT = (psycopg.DataError, psycopg.errors.ProgramLimitExceeded)
"""A number beyond its column, a text beyond an index: this order will never fit."""

log = structlog.get_logger(__name__)


def place(request: Request) -> Result:
    """Place one order, joined with whatever else comes in at this moment.

    Raises the domain errors of ``place_many``, and :class:`Busy` when the database cannot be reached: nothing is
    known to be stored then, and the same order may safely be sent again.
    """
    # Nobody waits for a leader with a connection in hand: sixteen such requests would starve the leaders.
    if connection.connection is not None and not connection.in_atomic_block:
        connection.close()
    return _groups().do(request)


def place_group(group: Sequence[Request]) -> list[Result | Exception]:
    """Place a gathered group in a transaction of its own; one result or exception a request.

    First without locks on stock; where that does not do, or a race is lost, the group is rolled back and done again
    with them. So is a lost connection: an order that was committed before the answer got lost is then found and
    answered as unchanged. What goes wrong otherwise is one order's affair: each is then placed by itself.
    """
    failed: Exception = Busy("too many orders met at the same rows; send the order again")
    for attempt in range(ATTEMPTS):
        try:
            with transaction.atomic(durable=True):
                return place_many(group, now=clock.now(), locked=attempt > 0)
        except Contested:
            continue
        except Exception as error:
            kind = _kind(error)
            if kind == "lost connection":
                connection.close()
                if attempt >= RECONNECTS:
                    raise Busy("the database cannot be reached; send the order again") from error
            elif kind == "unfit":
                failed = Invalid("order", "holds what the database cannot store; see the log")
                failed.__cause__ = error
                break
            elif kind == "other":
                failed = error
                break
            elif attempt >= 2 and len(group) > 1:
                break
        if attempt:
            time.sleep(random.uniform(0, 0.01 * 2**attempt))
    return [_alone(request) for request in group] if len(group) > 1 else [_told(failed)]


def _alone(request: Request) -> Result | Exception:
    try:
        return place_group([request])[0]
    except Exception as error:  # noqa: BLE001 (its neighbours go on; who asked for this order gets the error)
        return error


def _told(failed: Exception) -> Exception:
    if not isinstance(failed, Busy):
        log.error("order_not_placed", exc_info=failed.__cause__ or failed)
    return failed


def _kind(error: BaseException) -> Literal["lost race", "lost connection", "unfit", "other"]:
    # Statements sent through Django arrive wrapped, with the driver's error as the cause.
    told = (error, error.__cause__)
    if any(isinstance(found, (LostRace, *_AGAIN)) for found in told):
        return "lost race"
    if any(isinstance(found, _UNFIT) for found in told):
        return "unfit"
    if any(
        isinstance(found, (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout)) for found in told
    ):
        return "lost connection"
    return "other"


def _lead(group: Sequence[Request]) -> list[Result | Exception]:
    try:
        return place_group(group)
    finally:
        connection.close()


_made: GroupCommit[Request, Result] | None = None


def _groups() -> GroupCommit[Request, Result]:
    global _made
    if _made is None:
        _made = GroupCommit(_lead, leaders=settings.LEADERS, largest=settings.GROUP_SIZE)
    return _made
