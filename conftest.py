"""What every test folder shares."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from pytest_django import DjangoDbBlocker

GRACE = 5.0
"""Seconds that a session may take to go after its process or thread has ended."""


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Before the test database is dropped, see to it that nobody is connected to it any more.

    PostgreSQL notices the end of a killed process only when its session next reads or writes, so a session
    can outlive the test that made it, and a database with a session cannot be dropped.
    """
    yield
    with django_db_blocker.unblock():
        _end_other_sessions()


def _end_other_sessions() -> None:
    from django.db import connection

    others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    patience = time.monotonic() + GRACE
    with connection.cursor() as cursor:
        while True:
            cursor.execute(f"SELECT count(*) {others}")
            (left,) = cursor.fetchone() or (0,)
            if not left:
                return
            if time.monotonic() > patience:
                cursor.execute(f"SELECT pg_terminate_backend(pid, 5000) {others}")
                return
            time.sleep(0.05)
