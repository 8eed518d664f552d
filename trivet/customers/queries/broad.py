"""Searching a million rows: what a text means may be one row or half of them, and lie anywhere in time."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any, TypeVar

from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import (
    BooleanField,
    Expression,
    F,
    Func,
    Model,
    Q,
    QuerySet,
    Value,
)
from django.db.models.sql.compiler import SQLCompiler

M = TypeVar("M", bound=Model)

NEAR = 5_000
"""Newest rows that are looked through before all others are."""


@dataclass(frozen=True, slots=True)
class Way:
    """One thing that a text may mean, told twice: as an index finds it, and as it is asked of a row at hand."""

    index: Q
    row: Q


def same(condition: Q) -> Way:
    """A way whose one form is quick both times."""
    return Way(condition, condition)


def meant(ways: Sequence[Way]) -> Q:
    """Any of the ways, asked of a row at hand."""
    return reduce(or_, (way.row for way in ways))


def newest(within: QuerySet[M], every: QuerySet[M], ways: Sequence[Way], when: str, limit: int) -> list[Any]:
    """The keys of the ``limit`` newest of ``within`` that any of the ways finds, newest by ``when`` first; two queries.

    ``every`` is the whole list that ``within`` is taken from, by an index of ``when``.

    The planner believes that matches lie evenly in time and would walk from the newest to the oldest. So the walk
    ends early: what is common is found near. Otherwise each way is asked for by itself and put in order afterwards,
    so that it takes its own index and not that of time.
    """
    edge = every.order_by(f"-{when}", "-pk").values_list(when, flat=True)[NEAR : NEAR + 1].first()
    near = within.filter(meant(ways), **({f"{when}__gte": edge} if edge is not None else {}))
    found = _near_or_far(
        near.order_by(f"-{when}", "-pk").values_list("pk", when)[:limit],
        [within.filter(way.index).order_by().values_list("pk", when) for way in ways],
        limit,
    )
    return [
        key for key, _ in sorted(found.items(), key=lambda item: (item[1], item[0]), reverse=True)[:limit]
    ]


def counted(within: QuerySet[M], ways: Sequence[Way], cap: int) -> int:
    """How many of ``within`` any of the ways finds, counted up to ``cap``; one query."""
    first, *others = [within.filter(way.index).order_by().values_list("pk", flat=True)[:cap] for way in ways]
    return min(cap, first.union(*others).count() if others else first.count())


def _near_or_far(near: QuerySet[M, Any], far: list[QuerySet[M, Any]], limit: int) -> dict[Any, Any]:
    """Keys and instants of ``near`` and, only where these are fewer than ``limit``, of each of ``far``; one query."""
    told = [part for part in map(_sql, far) if part is not None]
    first = _sql(near)
    if first is None:
        return {}
    statement = f"WITH near (key, at) AS MATERIALIZED ({first[0]}) SELECT key, at FROM near"
    values = list(first[1])
    for part, its in told:
        # OFFSET 0 keeps the order out of the planner's sight.
        statement += (
            f" UNION ALL (SELECT key, at FROM ({part} OFFSET 0) AS far (key, at)"
            " WHERE (SELECT count(*) FROM near) < %s ORDER BY at DESC, key DESC LIMIT %s)"
        )
        values += [*its, limit, limit]
    with connections[near.db].cursor() as cursor:
        cursor.execute(statement, values)
        return dict(cursor.fetchall())


def _sql(query: QuerySet[M, Any]) -> tuple[str, tuple[Any, ...]] | None:
    try:
        return query.query.sql_with_params()
    except EmptyResultSet:
        return None


class _Among(Func):
    template = "%(expressions)s)"
    arg_joiner = " = ANY("
    output_field = BooleanField()
    conditional = True


def among(column: str, keys: QuerySet[Any, Any]) -> Q:
    """Whether ``column`` is one of ``keys``, few, which are found first; the planner would turn an IN around."""
    return Q(_Among(F(column), ArraySubquery(keys)))


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
