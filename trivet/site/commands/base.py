"""What commands share: the database, Django, progress and errors."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from trivet.lib.errors import DomainError, Invalid

MIGRATING = 0x7472697665740001
"""The advisory lock held while the schema changes."""
OLDEST = 15
"""The oldest PostgreSQL that Trivet runs on."""


def data_dir() -> Path:
    """Where this installation keeps its data."""
    from platformdirs import user_data_path

    return Path(os.environ.get("TRIVET_DATA_DIR") or user_data_path("trivet"))


@contextmanager
def database(
    migrate: bool = False, heal: list[Callable[[], None]] | None = None, patient: bool = False
) -> Iterator[str]:
    """The URL of the database: ``DATABASE_URL``, or the embedded server, started for the block when it is not running.

    Django is set up inside; with ``migrate`` the schema is brought up to date first. ``heal`` is given a function that
    starts the embedded server again when it has died. A ``patient`` command waits by itself for a server of
    ``DATABASE_URL`` that is away; for others that is an error.
    """
    from trivet.lib.postgres import Cluster, PostgresError

    _own_folder()
    url = os.environ.get("DATABASE_URL")
    if url:
        if not patient:
            _look(url)
        _django(migrate)
        yield url
        return
    try:
        with Cluster(data_dir() / "postgres").session() as cluster:
            os.environ["DATABASE_URL"] = cluster.url()
            if heal is not None:
                heal.append(cluster.heal)
                if cluster.attached():
                    click.echo(f"Sharing the database of {data_dir()} with a Trivet that runs.", err=True)
            _django(migrate)
            try:
                yield cluster.url()
            finally:
                disconnect()
    except PostgresError as error:
        raise click.ClickException(str(error)) from error


def _own_folder() -> None:
    folder = data_dir()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise click.ClickException(
            f"cannot write to {folder}: {error.strerror}. Name another folder with TRIVET_DATA_DIR."
        ) from error


def _look(url: str) -> None:
    import psycopg

    if not url.startswith(("postgresql://", "postgres://")):
        raise click.ClickException("DATABASE_URL must begin with postgresql://")
    try:
        with psycopg.connect(url, connect_timeout=10) as conn:
            version = conn.info.server_version // 10_000
    except psycopg.Error as error:
        why = str(error).strip().splitlines()[0]
        raise click.ClickException(f"cannot use the database that DATABASE_URL names: {why}") from error
    if version < OLDEST:
        raise click.ClickException(f"DATABASE_URL names PostgreSQL {version}; Trivet needs {OLDEST} or newer")


def _django(migrate: bool) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "trivet.site.settings")
    import django

    django.setup(set_prefix=False)
    from trivet.site import logs

    logs.configure("WARNING")
    if migrate:
        update_schema()


def update_schema() -> None:
    """Apply the migrations that are missing; processes that start at once wait for the first."""
    import psycopg
    from django.core.management import call_command

    # A connection of its own: the lock must outlive the transactions of the migrations.
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as conn:
        conn.execute("SELECT pg_advisory_lock(%s)", [MIGRATING])
        call_command("migrate", verbosity=0, interactive=False)


def disconnect() -> None:
    """Let go of the database; the next query connects anew."""
    from django.db import connection

    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]  # of the PostgreSQL backend


class Bar:
    """A progress bar on standard error; the total may become known, or change, on the way."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._label = ""

    def __call__(self, done: int, total: int, label: str = "") -> None:
        """Show ``done`` of ``total``; a new label begins a new bar."""
        if self._bar is None or label != self._label:
            self.close()
            self._label = label
            self._bar = click.progressbar(length=total or 1, label=label, file=sys.stderr)
            self._bar.__enter__()
        self._bar.length = total or 1
        self._bar.update(done - self._bar.pos)

    def close(self) -> None:
        """Finish the bar that is shown."""
        if self._bar is not None:
            self._bar.__exit__(None, None, None)
            self._bar = None


def out(value: Any, as_json: bool, text: Callable[[], str]) -> None:
    """Print ``value`` as JSON for machines or ``text()`` for people."""
    click.echo(json.dumps(value, default=str) if as_json else text())


@contextmanager
def told() -> Iterator[None]:
    """Domain errors become one line and exit code 1."""
    try:
        yield
    except Invalid as error:
        raise click.ClickException(f"{error.field}: {error.message}") from error
    except DomainError as error:
        raise click.ClickException(error.message) from error
