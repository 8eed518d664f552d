"""One import of orders under way: gathers groups, places them, counts what came of each row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import orjson

from trivet.company.queries import ChannelRow, PlaceRow
from trivet.flows.imports.keep import keep, keep_turned_down, kept_before, named
from trivet.flows.imports.levels import feed
from trivet.flows.imports.report import Report, RowListener, count_rows
from trivet.flows.intake import Request, place_group, prepare
from trivet.journal.actions.receipts import Known
from trivet.journal.rules import Actor
from trivet.lib import clock
from trivet.lib.errors import Busy, Conflict, DomainError, Invalid
from trivet.orders.queries.known import known_orders
from trivet.orders.rules.value import NewOrder, StockMode
from trivet.partners.files.verdicts import Mapped

GROUP_ORDERS = 250
GROUP_LINES = 6_000


@dataclass(slots=True)
class _Group:
    """Mapped keys that are placed together, with the requests of those that made an order."""

    mapped: list[Mapped] = field(default_factory=list)
    requests: list[tuple[Mapped, Request]] = field(default_factory=list)
    turned_down: list[Mapped] = field(default_factory=list)
    lines: int = 0


@dataclass(slots=True)
class Run:
    """How to import, and the group that is being gathered. ``place`` is None where stock is not touched."""

    channel: ChannelRow
    place: PlaceRow | None
    mode: StockMode
    by: Actor
    report: Report
    listener: RowListener | None = None
    edit: Callable[[NewOrder], NewOrder] | None = None
    invented: bool = False
    _group: _Group = field(default_factory=_Group)
    # A dry run stores nothing, so it remembers what the sheets before would have stored.
    _told: dict[str, str] = field(default_factory=dict)
    _told_kept: Known = field(default_factory=dict)

    def take(self, mapped: Mapped) -> None:
        """Add what was made of one key; places the group when it is large enough."""
        group = self._group
        group.mapped.append(mapped)
        if mapped.order is not None:
            order = self.edit(mapped.order) if self.edit else mapped.order
            try:
                raw = None if mapped.raw is None else orjson.dumps(mapped.raw)
                request = prepare(
                    order,
                    actor=self.by,
                    mode=self.mode,
                    invented=self.invented,
                    raw=raw,
                    mapper=mapped.mapper,
                )
            except Invalid as error:
                mapped.refuse("refused", f"{error.field}: {error.message}")
            else:
                group.requests.append((mapped, request))
        if mapped.order is None and mapped.raw is not None and mapped.key:
            group.turned_down.append(mapped)
        self.report.orders["refused"] += mapped.refused
        group.lines += len(mapped.verdicts)
        if len(group.requests) >= GROUP_ORDERS or group.lines >= GROUP_LINES:
            self.flush()

    def flush(self) -> None:
        """Place the group, keep what is kept, and count its rows."""
        group, self._group = self._group, _Group()
        stored: dict[int, tuple[int, bool]] = {}
        for (mapped, request), answer in zip(group.requests, self._answers(group), strict=True):
            outcome = _outcome(mapped, answer)
            self.report.orders[outcome] += 1
            if mapped.order is not None:
                stored[id(mapped)] = request.frozen.total, outcome == "unchanged"
        conflicts = self._keep(group)
        self._keep_turned_down(group)
        for mapped in group.mapped:
            currency = mapped.order.currency if mapped.order else self.channel.currency
            total, known = stored.get(id(mapped), (0, False))
            lost = sum(kept.value for kept in mapped.kept if named(kept) in conflicts)
            self.report.balance(mapped, currency, total, known=known, conflicts=lost)
            count_rows(self.report, mapped.verdicts, self.listener)

    def _answers(self, group: _Group) -> list[str | Exception]:
        requests = [request for _, request in group.requests]
        if not requests:
            return []
        if not self.report.dry_run:
            return [a if isinstance(a, Exception) else a.outcome for a in place_group(requests)]
        known = known_orders(self.channel.id, [r.order.external_id for r in requests])
        told = [
            _compare(r, known.get(r.order.external_id) or self._told.get(r.order.external_id))
            for r in requests
        ]
        self._told.update((r.order.external_id, r.digest) for r in requests)
        return told

    def _keep(self, group: _Group) -> set[str]:
        # Answers what could not be kept, for something else is kept under its name.
        kept = [k for mapped in group.mapped for k in mapped.kept]
        if not kept:
            return set()
        if self.report.dry_run:
            told = kept_before(kept, self.channel.slug, self._told_kept)
            self.report.kept.update(told.kept)
            return told.conflicts
        movements = [m for mapped in group.mapped for m in mapped.movements]
        now = clock.now()
        done = keep(kept, movements, self.channel, self.place, self.report.id, by=self.by, now=now)
        self.report.kept.update(done.kept)
        self.report.adjustments.update(done.adjustments)
        feed(done.gained, now=now)
        return done.conflicts

    def _keep_turned_down(self, group: _Group) -> None:
        # What this mapper takes for no order, a mended one may: see flows.readmit.
        if group.turned_down and not self.report.dry_run:
            keep_turned_down(group.turned_down, self.channel.slug, self.mode, now=clock.now())


def _compare(request: Request, stored: str | None) -> str | Exception:
    if stored is None:
        return "created"
    return (
        "unchanged" if stored == request.digest else Conflict("another order with other content has this id")
    )


def _outcome(mapped: Mapped, answer: str | Exception) -> str:
    if isinstance(answer, str):
        return answer
    if isinstance(answer, DomainError) and not isinstance(answer, Busy):
        conflict = type(answer) is Conflict
        mapped.refuse("conflict" if conflict else answer.code, answer.message)
        return "conflict" if conflict else "refused"
    raise answer
