"""Running it: up, demo, worker, migrate, doctor, bench."""

from __future__ import annotations

import json
import os
import shlex
import socket
import sys
from collections.abc import Callable, Iterable
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from trivet.site.commands.base import Bar, data_dir, database, out
from trivet.site.commands.data import empty

_port = click.option("--port", default=8000, show_default=True, help="Port to serve on.")
_host = click.option("--host", default="127.0.0.1", show_default=True, help="Address to serve on.")
_workers = click.option("--workers", default=2, show_default=True, help="Web processes.")


@click.command()
@_host
@_port
@_workers
def up(host: str, port: int, workers: int) -> None:
    """Start everything: database, migrations, web, worker. Ctrl-C stops it all."""
    heal: list[Callable[[], None]] = []
    _free(host, port)
    with database(migrate=True, heal=heal) as url:
        _serve(url, host, port, workers, first_person(bool(os.environ.get("TRIVET_DATA_DIR"))), heal)


@click.command()
@_host
@_port
@_workers
@click.option("--fresh", is_flag=True, help="Forget what was done in it, and tell it anew as of today.")
def demo(host: str, port: int, workers: int, fresh: bool) -> None:
    """Start with the demo world: a gift shop made from real data.

    Its today is the day on which it was first started; --fresh brings it to the present.
    """
    shared = bool(os.environ.get("DATABASE_URL"))
    os.environ.setdefault("TRIVET_DATA_DIR", str(data_dir() / "demo"))
    os.environ.setdefault("TRIVET_LOG_LEVEL", "WARNING")
    heal: list[Callable[[], None]] = []
    _free(host, port)
    with database(migrate=True, heal=heal) as url:
        _refuse_real_shop()
        if fresh:
            empty(url)
        # Above this room: named, not imported.
        load = import_module("trivet.demo.load")
        bar = Bar()
        age = load.load(bar)
        bar.close()
        lines = welcome(load.LOGINS, age, None if shared else data_dir())
        _serve(url, host, port, workers, lines, heal)


def first_person(named: bool) -> list[str]:
    """How to make the first person, while there is none; ``named`` is whether the data folder was named by hand."""
    from trivet.staff.queries import anybody

    if anybody():
        return []
    folder = f"TRIVET_DATA_DIR={shlex.quote(str(data_dir()))} " if named else ""
    return ["Nobody can log in yet. Make the first person, in another terminal:",
            f"  {folder}{_launcher()} user add NAME --role owner"]  # fmt: skip


def welcome(logins: Iterable[tuple[str, str, str]], age: timedelta, folder: Path | None) -> list[str]:
    """What to know of the demo; ``folder`` is where its own data lie, ``age`` how old its today is."""
    lines = ["Log in as:", *(f"  {name:10} {password:16} {what}" for name, password, what in logins)]
    if folder is not None:
        lines += ["Commands for the demo:", f"  TRIVET_DATA_DIR={shlex.quote(str(folder))} {_launcher()} ..."]
    if age.days:
        days = "a day" if age.days == 1 else f"{age.days} days"
        lines.append(f"Its today is {days} old, so much is late by now; `trivet demo --fresh` tells it anew.")
    return lines


def _launcher() -> str:
    """How commands are called here: by the launcher beside this Python where there is one."""
    beside = Path(sys.executable).parent / "trivet"
    if not beside.exists():
        return "trivet"
    here = Path.cwd()
    return shlex.quote(str(beside.relative_to(here) if beside.is_relative_to(here) else beside))


def _free(host: str, port: int) -> None:
    """Refuse a port that cannot be had before anything is started."""
    try:
        for family, kind, _, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            with socket.socket(family, kind) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(address)
    except OSError as error:
        raise click.ClickException(
            f"cannot serve on {host}:{port}: {error.strerror}. Choose another port with --port."
        ) from error


def _refuse_real_shop() -> None:
    """The demo invents sales: it must never be told into a database that holds a shop."""
    from trivet.company.models import Brand
    from trivet.journal.models import Receipt

    if Brand.objects.exists() and not Receipt.objects.filter(source="demo").exists():
        raise click.ClickException(
            "this database holds a shop of its own; name an empty one (DATABASE_URL, TRIVET_DATA_DIR) for the demo"
        )


def _serve(
    url: str, host: str, port: int, workers: int, more: list[str], heal: list[Callable[[], None]]
) -> None:
    from trivet.site import metrics
    from trivet.site.supervisor import Supervisor, web, worker

    metrics.fresh()

    env = {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "trivet.site.settings"}
    if sys.stderr.isatty():
        # A person reads the address and the log-ins; a line a request is for the machines that collect logs.
        env.setdefault("TRIVET_LOG_LEVEL", "WARNING")
        env.setdefault("TRIVET_LOG_FORMAT", "text")
    shown = f"http://{'localhost' if host in {'127.0.0.1', '0.0.0.0'} else host}:{port}"  # noqa: S104  # compared only

    def ready() -> None:
        click.echo(f"\nTrivet runs at {shown}")
        for line in more:
            click.echo(line)
        click.echo("Ctrl-C stops it.")

    tree = Supervisor([web(host, port, workers, env), worker(env)], heal)
    tree.run(ready, f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}/readyz")  # noqa: S104  # compared only
    click.echo("\nStopped.")


@click.command()
@click.option("--concurrency", default=4, show_default=True, help="Jobs at the same time.")
def worker(concurrency: int) -> None:
    """Run jobs and the sequencer of the change feed (`up` does this too)."""
    with database(patient=True):
        from trivet.site import logs

        logs.configure()
        from trivet.site.jobs import run_worker

        run_worker(concurrency)


@click.command()
def migrate() -> None:
    """Bring the database's schema up to date."""
    with database(migrate=True):
        click.echo("The schema is current.")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print findings as JSON.")
def doctor(as_json: bool) -> None:
    """Check the installation: ledger = counters, money, stuck work. Exit code 1 when something is wrong."""
    with database():
        from dataclasses import asdict

        from trivet.flows.doctor import examine
        from trivet.lib import clock

        findings = examine(clock.now())
        rows: list[dict[str, Any]] = [asdict(f) for f in findings]
        lines = [f"{r['severity']:8} {r['code']:24} {r['message']}" for r in rows]
        out({"findings": rows}, as_json, lambda: "\n".join(lines) or "Nothing is wrong.")
        wrong = any(r["severity"] == "error" for r in rows)
    sys.exit(1 if wrong else 0)


@click.command()
@click.argument(
    "name", type=click.Choice(["intake", "bulk", "hot", "read", "import", "simulate", "allocate"])
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.option("--file", type=click.Path(exists=True, path_type=Path), help="The file that `import` measures.")
def bench(name: str, as_json: bool, file: Path | None) -> None:
    """Measure: prints a table, or JSON. Uses databases of its own."""
    result = import_module("trivet.bench").run(name, as_json=as_json, file=file)
    if as_json:
        click.echo(json.dumps(result, default=str))
