"""People and API keys."""

from __future__ import annotations

import sys
from datetime import timedelta

import click

from trivet.site.commands.base import database, told
from trivet.staff.rules import ROLES


@click.group()
def user() -> None:
    """People who log in."""


@user.command("add")
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), required=True)
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.option("--language", type=click.Choice(["en", "vi"]), default="en", show_default=True)
def add(name: str, role: str, password_stdin: bool, language: str) -> None:
    """Add a person who may log in."""
    password = (
        sys.stdin.readline().rstrip("\n")
        if password_stdin
        else click.prompt("Password", hide_input=True, confirmation_prompt=True)
    )
    with database(migrate=True), told():
        from trivet.journal.rules import SYSTEM
        from trivet.lib import clock
        from trivet.staff.actions import add_user

        add_user(name, password, role=role, language=language, by=SYSTEM, now=clock.now())
        click.echo(f"{name} may log in as {role}.")


@click.group()
def apikey() -> None:
    """Keys for programs."""


@apikey.command("create")
@click.argument("name")
@click.option(
    "--scope", "scopes", multiple=True, required=True, help="A permission such as order.place, or *."
)
@click.option("--days", type=int, help="Days until the key expires.")
@click.option(
    "--place", "places", multiple=True, help="Code of a place that it is for; several may be named."
)
def create(name: str, scopes: tuple[str, ...], days: int | None, places: tuple[str, ...]) -> None:
    """Create an API key; it is printed once."""
    with database(migrate=True), told():
        from trivet.company.queries.desk import place
        from trivet.journal.rules import SYSTEM
        from trivet.lib import clock
        from trivet.staff.actions import create_api_key

        now = clock.now()
        _, secret = create_api_key(
            name, scopes=scopes, expires_at=now + timedelta(days=days) if days else None,
            locations=[place(code).id for code in places], by=SYSTEM, now=now,
        )  # fmt: skip
        click.echo(secret)
