"""Orders from a file: mapped, placed in groups, every row accounted for. Doing it again changes nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from trivet.company.queries import ChannelRow, setup
from trivet.flows.imports.keep import keep, kept_before
from trivet.flows.imports.names import create_products
from trivet.flows.imports.past import remember
from trivet.flows.imports.report import Progress, Report, RowListener, count_rows
from trivet.flows.intake import Request, place_group, prepare
from trivet.journal.rules import Actor
from trivet.lib import clock
from trivet.lib.errors import Conflict, DomainError, Invalid
from trivet.orders.queries.known import known_orders
from trivet.orders.rules.value import NewOrder, StockMode
from trivet.partners.files import orders_csv, uci
from trivet.partners.files.readers import Table, open_table
from trivet.partners.files.verdicts import Mapped

Format = Literal["uci", "csv"]
Stock = Literal["skip", "update", "force"]
FORMATS: tuple[Format, ...] = ("uci", "csv")
STOCK: tuple[Stock, ...] = ("skip", "update", "force")

_MODES: dict[Stock, StockMode] = {"skip": "skip", "update": "live", "force": "force"}
GROUP_ORDERS = 250
GROUP_LINES = 6_000
EVERY = 5_000
"""Rows between two calls of ``progress``, at least."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to import.

    ``stock``: ``skip`` keeps history and touches no stock; ``update`` promises stock as for an order of today;
    ``force`` records sales even beyond stock. Write-offs of the file are applied with the latter two, at
    ``location`` (a place's code; default: the channel's first). ``create_products`` adds unknown SKUs to the
    catalogue under the names that the file gives them. ``edit`` may change each order before it is placed, which
    ``invented`` marks as made up in part.
    """

    channel: str
    format: Format = "uci"
    stock: Stock = "skip"
    dry_run: bool = False
    create_products: bool = False
    location: str = ""
    sheet: str = ""
    edit: Callable[[NewOrder], NewOrder] | None = None
    invented: bool = False


@dataclass(slots=True)
class _Group:
    """Mapped keys that are placed together, with the requests of those that made an order."""

    mapped: list[Mapped] = field(default_factory=list)
    requests: list[tuple[Mapped, Request]] = field(default_factory=list)
    lines: int = 0


def import_orders(
    path: str | Path,
    options: Options,
    *,
    by: Actor,
    name: str = "",
    progress: Progress | None = None,
    listener: RowListener | None = None,
) -> Report:
    """Import the orders of a file.

    ``name`` is what the file is called for people (default: its own name). :class:`Invalid` when the file, the
    channel or the place cannot be used, before anything is stored. Interrupted at any point, the same call again
    brings in the rest.
    """
    begun = time.monotonic()
    channel, place = _where(options)
    table = open_table(path, options.sheet)
    report = Report(
        "orders",
        name or Path(path).name,
        options.format,
        options.dry_run,
        channel=channel.slug,
        stock=options.stock,
    )
    if table.sheets:
        report.notes.append(f"only the sheet {table.sheet!r} was read, not {', '.join(table.sheets)}")
    total, found, titles = _mapper(table, options, channel)
    if options.create_products and titles is not None:
        create_products(titles, channel.currency, report, by=by)
    run = _Run(options, channel, place, report, listener, by)
    told = 0
    for mapped in found:
        run.take(mapped)
        if progress is not None and report.rows >= told + EVERY:
            told = report.rows
            progress(told, total)
    run.flush()
    if progress is not None:
        progress(report.rows, total)
    report.seconds = time.monotonic() - begun
    if not options.dry_run:
        remember(report, by=by, now=clock.now())
    return report


def _where(options: Options) -> tuple[ChannelRow, UUID | None]:
    known = setup()
    if options.format not in FORMATS:
        raise Invalid("format", f"must be one of {', '.join(FORMATS)}")
    if options.stock not in STOCK:
        raise Invalid("stock", f"must be one of {', '.join(STOCK)}")
    channel = known.channels.get(options.channel)
    if channel is None or not channel.active:
        have = ", ".join(sorted(known.channels)) or "none"
        raise Invalid("channel", f"there is no channel {options.channel!r}; there is {have}")
    if options.location:
        place = known.place_by_code.get(options.location)
        if place is None:
            raise Invalid("location", f"there is no place {options.location!r}")
        return channel, place.id
    return channel, known.first_place(channel.id)


def _mapper(
    table: Table, options: Options, channel: ChannelRow
) -> tuple[int, Iterator[Mapped], Iterator[uci.Named] | None]:
    if options.format == "uci":
        found = uci.survey(table)
        invoices = uci.Mapper(table, found, channel=channel.slug, currency=channel.currency).invoices()
        return found.rows, invoices, uci.named(found, channel.currency)
    survey = orders_csv.survey(table)
    zone = ZoneInfo(channel.timezone)
    own = orders_csv.Mapper(table, survey, channel=channel.slug, currency=channel.currency, zone=zone)
    return survey.rows, own.orders(), None


class _Run:
    """One import under way: gathers groups, places them, counts what came of each row."""

    def __init__(
        self, options: Options, channel: ChannelRow, place: UUID | None, report: Report,
        listener: RowListener | None, by: Actor,
    ) -> None:  # fmt: skip
        self._options = options
        self._channel = channel
        self._place = place
        self._report = report
        self._listener = listener
        self._by = by
        self._group = _Group()

    def take(self, mapped: Mapped) -> None:
        """Add what was made of one key; places the group when it is large enough."""
        group = self._group
        group.mapped.append(mapped)
        if mapped.order is not None:
            order = self._options.edit(mapped.order) if self._options.edit else mapped.order
            try:
                request = prepare(
                    order, actor=self._by, mode=_MODES[self._options.stock], invented=self._options.invented
                )
            except Invalid as error:
                mapped.refuse("refused", f"{error.field}: {error.message}")
                self._report.orders["refused"] += 1
            else:
                group.requests.append((mapped, request))
        group.lines += len(mapped.verdicts)
        if len(group.requests) >= GROUP_ORDERS or group.lines >= GROUP_LINES:
            self.flush()

    def flush(self) -> None:
        """Place the group, keep what is kept, and count its rows."""
        group, self._group = self._group, _Group()
        totals: dict[int, int] = {}
        for (mapped, request), answer in zip(group.requests, self._answers(group), strict=True):
            self._report.orders[_outcome(mapped, answer)] += 1
            if mapped.order is not None:
                totals[id(mapped)] = request.frozen.total
        kept = [k for mapped in group.mapped for k in mapped.kept]
        movements = [m for mapped in group.mapped for m in mapped.movements]
        if self._options.dry_run:
            self._report.kept.update(kept_before(kept, self._channel.slug))
        elif kept:
            place = self._place if self._options.stock != "skip" else None
            now: datetime = clock.now()
            keep(kept, movements, self._channel, place, self._report, self._report.id, by=self._by, now=now)
        for mapped in group.mapped:
            self._report.balance(mapped, _currency(mapped, self._channel), totals.get(id(mapped), 0))
            count_rows(self._report, mapped.verdicts, self._listener)

    def _answers(self, group: _Group) -> list[str | Exception]:
        requests = [request for _, request in group.requests]
        if not requests:
            return []
        if not self._options.dry_run:
            return [a if isinstance(a, Exception) else a.outcome for a in place_group(requests)]
        known = known_orders(self._channel.id, [r.order.external_id for r in requests])
        return [
            "created" if (before := known.get(r.order.external_id)) is None
            else "unchanged" if before == r.digest
            else Conflict("another order with other content has this external id")
            for r in requests
        ]  # fmt: skip


def _outcome(mapped: Mapped, answer: str | Exception) -> str:
    if isinstance(answer, str):
        return answer
    if isinstance(answer, DomainError):
        conflict = type(answer) is Conflict
        mapped.refuse("conflict" if conflict else answer.code, answer.message)
        return "conflict" if conflict else "refused"
    raise answer


def _currency(mapped: Mapped, channel: ChannelRow) -> str:
    return mapped.order.currency if mapped.order is not None else channel.currency
