"""Long SQL lives in ``<room>/sql/name.sql``; the first line of each file says what it answers."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def load(room: str, name: str) -> str:
    """The text of ``trivet/<room>/sql/<name>.sql``."""
    return files(f"trivet.{room}").joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")
