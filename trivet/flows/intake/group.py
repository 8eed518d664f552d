"""Group commit for orders: transaction, retries, and the seat of the leaders."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence

import psycopg
from django.conf import settings
from django.db import connection, transaction
from django.db.utils import InterfaceError, OperationalError
from psycopg_pool import PoolTimeout

from trivet.flows.intake.place_many import place_many
from trivet.flows.intake.request import Request
from trivet.flows.intake.result import Result
from trivet.flows.intake.write import LostRace
from trivet.lib import clock
from trivet.lib.errors import Busy
from trivet.lib.group_commit import GroupCommit

ATTEMPTS = 6
_AGAIN = (
    psycopg.errors.DeadlockDetected,
    psycopg.errors.SerializationFailure,
    psycopg.errors.UniqueViolation,
    psycopg.errors.LockNotAvailable,
)


def place(request: Request) -> Result:
    """Place one order, joined with whatever else comes in at this moment.

    Raises the domain errors of ``place_many``, and :class:`Busy` when the database cannot be reached: nothing is
    known to be stored then, and the same order may safely be sent again.
    """
    return _groups().do(request)


def place_group(group: Sequence[Request]) -> list[Result | Exception]:
    """Place a gathered group in a transaction of its own; again after a lost race, one by one at the last."""
    for attempt in range(ATTEMPTS):
        try:
            with transaction.atomic(durable=True):
                return place_many(group, now=clock.now())
        except (LostRace, *_AGAIN):
            if attempt >= 2 and len(group) > 1:
                return [answer for request in group for answer in place_group([request])]
            time.sleep(random.uniform(0, 0.01 * 2**attempt))
        except (OperationalError, InterfaceError, psycopg.OperationalError, PoolTimeout) as error:
            raise Busy("the database cannot be reached; send the order again") from error
    raise Busy("too many orders met at the same rows; send the order again")


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
