"""The whole state: backup, restore, upgrade."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import click
import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from trivet import __version__
from trivet.site.commands.base import data_dir, database, disconnect, update_schema

ANEW = b"""BEGIN;
SET client_min_messages = warning;
DROP SCHEMA IF EXISTS public CASCADE;
CREATE SCHEMA public;
"""


def refuse_in_use(url: str) -> None:
    """Refuse a database that somebody is connected to: what they hold in mind would be gone."""
    with psycopg.connect(url) as conn:
        others = conn.execute(
            "SELECT FROM pg_stat_activity WHERE datname = current_database() AND usesysid IS NOT NULL "
            "AND pid <> pg_backend_pid()"
        ).rowcount
    if others:
        raise click.ClickException("the database is in use; stop every Trivet that uses it first")


def empty(url: str) -> None:
    """Begin with an empty database, of the present schema."""
    from django.contrib.contenttypes.models import ContentType

    disconnect()
    refuse_in_use(url)
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute(ANEW + b"COMMIT")
    ContentType.objects.clear_cache()
    update_schema()


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup(file: Path) -> None:
    """Write the whole state to FILE."""
    with database() as url:
        _backup(url, file)
    click.echo(f"Wrote {file} ({file.stat().st_size:,} bytes).")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Replace what the database holds.")
def restore(file: Path, force: bool) -> None:
    """Bring back the state of FILE, into an empty database unless --force. All of it, or nothing changes."""
    with database() as url:
        with psycopg.connect(url) as conn:
            tables = conn.execute("SELECT FROM pg_tables WHERE schemaname = 'public'").rowcount
        if tables and not force:
            raise click.ClickException("the database is not empty; --force replaces what it holds")
        refuse_in_use(url)
        _restore(url, file)
    click.echo(f"Restored {file}.")


@click.command()
@click.option(
    "--keep", type=click.Path(file_okay=False, path_type=Path), help="Folder for the backup made first."
)
def upgrade(keep: Path | None) -> None:
    """Back up, migrate, check."""
    folder = keep or data_dir() / "backups"
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"before-{__version__}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.trivet"
    with database() as url:
        _backup(url, file)
        click.echo(f"Backed up to {file}.")
        update_schema()
        from trivet.flows.doctor import examine
        from trivet.lib import clock

        wrong = [f for f in examine(clock.now()) if f.severity == "error"]
        for finding in wrong:
            click.echo(f"{finding.code}: {finding.message}", err=True)
    if wrong:
        click.echo(
            f"Something is wrong; `trivet restore --force {file}` brings the old state back.", err=True
        )
        sys.exit(1)
    click.echo("The schema is current and nothing is wrong.")


def _backup(url: str, file: Path) -> None:
    # Beside the target: what does not fit there would not fit into the file either.
    with tempfile.TemporaryDirectory(dir=file.absolute().parent, prefix=".trivet-") as folder:
        dump = Path(folder) / "database.dump"
        target, env = _connection(url)
        _run([_tool("pg_dump"), "--format=custom", "--no-owner", f"--file={dump}", f"--dbname={target}"], env)
        manifest = Path(folder) / "manifest.json"
        manifest.write_text(json.dumps({"trivet": __version__, "made_at": datetime.now(UTC).isoformat()}))
        fresh = Path(folder) / "archive"
        fresh.touch(0o600)
        with tarfile.open(fresh, "w") as archive:
            archive.add(manifest, "manifest.json")
            archive.add(dump, "database.dump")
            key = data_dir() / "secret_key"
            if key.exists():
                archive.add(key, "secret_key")
        fresh.rename(file)


def _restore(url: str, file: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        try:
            _unpack(file, Path(folder))
            manifest: dict[str, Any] = json.loads((Path(folder) / "manifest.json").read_text())
            made_by = _release(manifest["trivet"])
        except (tarfile.TarError, OSError, ValueError, KeyError) as error:
            raise click.ClickException(f"{file} is not a backup of Trivet: {error}") from error
        if made_by > _release(__version__):
            raise click.ClickException(
                f"{file} was made by Trivet {manifest['trivet']}; install that or a newer one"
            )
        _replay(url, Path(folder) / "database.dump")
        if (key := Path(folder) / "secret_key").exists():
            kept = data_dir() / "secret_key"
            kept.touch(mode=0o600)
            kept.write_bytes(key.read_bytes())
    update_schema()


def _unpack(file: Path, folder: Path) -> None:
    # By name: Python 3.11 learned to refuse members that reach outside only with 3.11.4, and Debian 12 has 3.11.2.
    with tarfile.open(file) as archive:
        present = set(archive.getnames())
        for name in present & {"manifest.json", "database.dump", "secret_key"}:
            part = archive.extractfile(name)
            if part is not None:
                with part, (folder / name).open("wb") as to:
                    shutil.copyfileobj(part, to)


def _replay(url: str, dump: Path) -> None:
    """Replace the schema by the dump's in one transaction, so that a dump that breaks off leaves what was there."""
    target, env = _connection(url)
    with tempfile.TemporaryFile() as complaints:
        reading = subprocess.Popen(
            [_tool("pg_restore"), "--no-owner", "--file=-", str(dump)],
            stdout=subprocess.PIPE,
            stderr=complaints,
        )
        writing = subprocess.Popen(
            [
                _tool("psql"), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--file=-", f"--dbname={target}",
            ],
            env=env, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=complaints,
        )  # fmt: skip
        assert reading.stdout is not None
        assert writing.stdin is not None
        try:
            writing.stdin.write(ANEW)
            _copy_script(reading.stdout, writing.stdin)
            # Said only at the end: whoever dies before leaves a transaction that is rolled back.
            writing.stdin.write(b"" if reading.wait() else b"\nCOMMIT;\n")
            writing.stdin.close()
        except BrokenPipeError:
            reading.kill()  # psql gave up, and has said why
        if reading.wait() | writing.wait():
            complaints.seek(0)
            told = complaints.read().decode(errors="replace").strip()
            raise click.ClickException(f"nothing was restored, the database is as it was:\n{told}")


def _copy_script(script: IO[bytes], to: IO[bytes]) -> None:
    # PostgreSQL 17 learned a setting that older servers refuse; the head of every newer dump has it.
    for line in script:
        if line != b"SET transaction_timeout = 0;\n":
            to.write(line)
        if line.startswith((b"CREATE ", b"COPY ")):
            break
    shutil.copyfileobj(script, to)


def _release(version: str) -> tuple[int, int]:
    major, minor, *_ = version.split(".")
    return int(major), int(minor)


def _tool(name: str) -> str:
    from trivet.lib.postgres import PostgresError, tool

    try:
        return str(tool(name))
    except PostgresError:
        return name  # no build of ours for this machine: the one on the path


def _connection(url: str) -> tuple[str, dict[str, str]]:
    """``url`` without its password, which others could read on the command line, and the environment that has it."""
    parts: dict[str, Any] = conninfo_to_dict(url)
    password = parts.pop("password", None)
    return make_conninfo(**parts), {**os.environ, **({"PGPASSWORD": str(password)} if password else {})}


def _run(command: list[str], env: dict[str, str]) -> None:
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise click.ClickException(f"{Path(command[0]).name} failed:\n{done.stderr.strip()}")
