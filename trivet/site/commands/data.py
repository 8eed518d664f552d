"""The whole state: backup, restore, upgrade."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import psycopg

from trivet import __version__
from trivet.site.commands.base import data_dir, database


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
    """Bring back the state of FILE, into an empty database unless --force."""
    with database() as url:
        with psycopg.connect(url, autocommit=True) as conn:
            tables = conn.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
            if tables and tables[0]:
                if not force:
                    raise click.ClickException("the database is not empty; --force replaces what it holds")
                conn.execute("DROP SCHEMA public CASCADE")
                conn.execute("CREATE SCHEMA public")
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
        from django.core.management import call_command

        call_command("migrate", verbosity=0, interactive=False)
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
    with tempfile.TemporaryDirectory() as folder:
        dump = Path(folder) / "database.dump"
        _run([_tool("pg_dump"), "--format=custom", "--no-owner", f"--file={dump}", f"--dbname={url}"])
        manifest = Path(folder) / "manifest.json"
        manifest.write_text(json.dumps({"trivet": __version__, "made_at": datetime.now(UTC).isoformat()}))
        fresh = file.with_name(f".{file.name}.part")
        with tarfile.open(fresh, "w") as archive:
            archive.add(manifest, "manifest.json")
            archive.add(dump, "database.dump")
            key = data_dir() / "secret_key"
            if key.exists():
                archive.add(key, "secret_key")
        fresh.chmod(0o600)
        fresh.rename(file)


def _restore(url: str, file: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        try:
            with tarfile.open(file) as archive:
                archive.extractall(folder, filter="data")
            manifest: dict[str, Any] = json.loads((Path(folder) / "manifest.json").read_text())
        except (tarfile.TarError, OSError, ValueError) as error:
            raise click.ClickException(f"{file} is not a backup of Trivet: {error}") from error
        if manifest["trivet"].split(".")[0] > __version__.split(".")[0]:
            raise click.ClickException(
                f"{file} was made by Trivet {manifest['trivet']}; install that or a newer one"
            )
        dump = Path(folder) / "database.dump"
        _run([_tool("pg_restore"), "--no-owner", "--exit-on-error", f"--dbname={url}", str(dump)])
        if (key := Path(folder) / "secret_key").exists():
            data_dir().mkdir(parents=True, exist_ok=True)
            shutil.copy(key, data_dir() / "secret_key")
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)


def _tool(name: str) -> str:
    from trivet.lib.postgres import tool

    ours = tool(name)
    return str(ours) if ours.exists() else name


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise click.ClickException(f"{Path(command[0]).name} failed:\n{done.stderr.strip()}")
