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

from trivet.flows import lapse
from trivet.flows.intake.picture import Contested, Lapsed
from trivet.flows.intake.place_many import place_many
from trivet.flows.intake.request import Request
from trivet.flows.intake.result import Result
from trivet.flows.intake.write import LostRace
from trivet.lib import clock
from trivet.lib.errors import Busy, Invalid
from trivet.lib.group_commit import Early, GroupCommit

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


def place_group(group: Sequence[Request], early: Early | None = None) -> list[Result | Exception]:
    """Place a gathered group in a transaction of its own; one result or exception a request.

    First without locks on stock; where that does not do, or a race is lost, the group is rolled back and done again
    with them. So is a lost connection: an order that was committed before the answer got lost is then found and
    answered as unchanged. What goes wrong otherwise is one order's affair: each is then placed by itself.

    Who is told ``early`` that there is no stock need not wait until the others are written. That is final: there was
    none before the group came, and the order is not tried again.
    """
    answers: dict[int, Result | Exception] = {}
    failed: Exception = Busy("too many orders met at the same rows; send the order again")
    for attempt in range(ATTEMPTS):
        try:
            _once(group, answers, early, locked=attempt > 0)
        except Contested:
            continue
        except Lapsed as found_lapsed:
            lapse.end(found_lapsed.keys, now=clock.now())
            continue
        except Exception as error:  # noqa: BLE001 (what ends the attempts becomes an answer)
            found = _final(error, attempt, alone=len(group) == 1)
            if found is not None:
                failed = found
                break
        else:
            break
        if attempt:
            time.sleep(random.uniform(0, 0.01 * 2**attempt))
    for place, request in enumerate(group):
        if place not in answers:
            answers[place] = _alone(request) if len(group) > 1 else failed
    return [answers[place] for place in range(len(group))]


def _once(
    group: Sequence[Request], answers: dict[int, Result | Exception], early: Early | None, *, locked: bool
) -> None:
    """One transaction for those that have no answer yet."""
    left = [place for place in range(len(group)) if place not in answers]

    def refused(n: int, error: Exception) -> None:
        if early is not None:
            answers[left[n]] = error
            early(left[n], error)

    with transaction.atomic(durable=True):
        requests = [group[place] for place in left]
        found = place_many(requests, now=clock.now(), locked=locked, refused=refused)
    answers.update(zip(left, found, strict=True))


def _final(error: Exception, attempt: int, *, alone: bool) -> Exception | None:
    """What ends the attempts to place a group, or None to try again; :class:`Busy` is raised for everyone in it."""
    kind = _kind(error)
    if kind == "lost connection":
        connection.close()
        if attempt >= RECONNECTS:
            raise Busy("the database cannot be reached; send the order again") from error
        return None
    if kind == "lost race":
        return error if attempt >= 2 and not alone else None
    if alone:
        log.error("order_not_placed", exc_info=error)
    return error if kind == "other" else Invalid("order", "holds what the database cannot store; see the log")


def _alone(request: Request) -> Result | Exception:
    try:
        return place_group([request])[0]
    except Exception as error:  # noqa: BLE001 (its neighbours go on; who asked for this order gets the error)
        return error


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


def _lead(group: Sequence[Request], early: Early) -> list[Result | Exception]:
    try:
        return place_group(group, early)
    finally:
        connection.close()


_made: GroupCommit[Request, Result] | None = None


def _groups() -> GroupCommit[Request, Result]:
    global _made
    if _made is None:
        _made = GroupCommit(_lead, leaders=settings.LEADERS, largest=settings.GROUP_SIZE)
    return _made
