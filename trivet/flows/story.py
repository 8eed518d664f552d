"""A story: one durable transaction over several rooms, told again when it meets another head-on."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import psycopg
from django.db import DatabaseError, transaction

from trivet.lib.errors import Busy

P = ParamSpec("P")
R = TypeVar("R")

ATTEMPTS = 6
_AGAIN = (
    psycopg.errors.DeadlockDetected,
    psycopg.errors.SerializationFailure,
    psycopg.errors.LockNotAvailable,
)


def story(tell: Callable[P, R]) -> Callable[P, R]:
    """Make ``tell`` a story. Deadlocks and serialisation failures are retried, then :class:`Busy`."""

    @wraps(tell)
    def told(*args: P.args, **kwargs: P.kwargs) -> R:
        for attempt in range(ATTEMPTS):
            try:
                with transaction.atomic(durable=True):
                    return tell(*args, **kwargs)
            except DatabaseError as error:
                if not isinstance(error.__cause__, _AGAIN):
                    raise
                last = error
            time.sleep(random.uniform(0, 0.01 * 2**attempt))
        raise Busy("too much is happening at the same rows; try again") from last

    return told
