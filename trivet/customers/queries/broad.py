"""Searching a million rows: what a text means may be one row or half of them, and lie anywhere in time."""

from __future__ import annotations

import sys
from datetime import timedelta
from typing import Any, TypeVar

from django.db.models import (
    BooleanField,
    DateTimeField,
    Expression,
    ExpressionWrapper,
    F,
    Func,
    Model,
    Q,
    QuerySet,
    Value,
)
from django.db.models.sql.compiler import SQLCompiler

M = TypeVar("M", bound=Model)

NEAR = 20_000
"""Newest rows that are looked through before all others are."""


def newest(found: QuerySet[M], every: QuerySet[M], when: str, limit: int) -> tuple[list[Any], bool]:
    """Up to ``limit`` keys of ``found``, newest by ``when`` first, and whether that took a look at all of it.

    ``every`` is the list that ``found`` is taken from, before anything was searched for. The planner believes that
    matches lie evenly in time and would walk from the newest to the oldest. So the walk ends early: what is common is
    found near, and the rest is asked for in an order that only the indexes of the search can serve.
    """
    order = (f"-{when}", "-pk")
    edge = every.order_by(*order).values_list(when, flat=True)[NEAR : NEAR + 1].first()
    if edge is not None:
        close = found.filter(**{f"{when}__gte": edge}).order_by(*order)
        near = list(close.values_list("pk", flat=True)[:limit])
        if len(near) == limit:
            return near, False
    unindexed = ExpressionWrapper(F(when) + Value(timedelta(0)), DateTimeField())
    return list(found.order_by(unindexed.desc(), "-pk").values_list("pk", flat=True)[:limit]), True


class _Begins(Func):
    output_field = BooleanField()
    conditional = True

    def as_sql(self, compiler: SQLCompiler, connection: Any, **extra: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        text, first, last = self.get_source_expressions()
        asked, values = compiler.compile(text)
        one, low = compiler.compile(first)
        two, high = compiler.compile(last)
        return f"({asked} ~>=~ {one} AND {asked} ~<~ {two})", [*values, *low, *values, *high]


def begins(expression: Expression, text: str) -> Q:
    """Whether ``expression`` begins with ``text`` (as it stands: fold case before), compared byte by byte.

    LIKE finds the same through the same index, but compares every row once more afterwards.
    """
    return Q(_Begins(expression, Value(text), Value(_after(text))))


def _after(text: str) -> str:
    """The least text above all that begin with ``text``; UTF-8 sorts as code points do."""
    kept = text.rstrip(chr(sys.maxunicode))
    if not kept:
        return chr(sys.maxunicode) * 8
    following = ord(kept[-1]) + 1
    return kept[:-1] + chr(0xE000 if 0xD800 <= following <= 0xDFFF else following)
