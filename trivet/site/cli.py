"""``trivet``: the command line."""

from __future__ import annotations

import click

from trivet import __version__
from trivet.site.commands import access, data, imports, run, setup


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="trivet")
def main() -> None:
    """Orders, returns and service for brands that sell through several channels."""


for command in (
    run.up, run.demo, run.worker, run.migrate, run.doctor, run.bench, setup.setup, imports.import_, data.backup,
    data.restore, data.upgrade, access.user, access.apikey,
):  # fmt: skip
    main.add_command(command)
