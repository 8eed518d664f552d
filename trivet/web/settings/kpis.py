"""What two policies make of the same orders, as rows of a table: in force, draft, difference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from trivet.web.orders.why import REASONS, reason_in_words
from trivet.web.shell.formats import money, number, percent


@dataclass(frozen=True, slots=True)
class Kpi:
    """One figure of both sides in words; ``good``: -1 when the draft is worse, 1 when it is better, 0 for neither."""

    what: str
    live: str
    draft: str
    difference: str
    good: int


@dataclass(frozen=True, slots=True)
class Load:
    """What a place ships: parcels of both sides in all, on its busiest day, and day by day."""

    name: str
    live: int
    draft: int
    live_peak: int
    draft_peak: int
    days: list[tuple[str, int, int]]

    @property
    def difference(self) -> int:
        """Parcels that the draft adds."""
        return self.draft - self.live


def kpis(result: Mapping[str, Any]) -> list[Kpi]:
    """The table of a simulation."""
    live, draft = result["live"], result["draft"]
    orders = max(1, live["orders"])
    rows = [
        _row(_("Parcels an order"), live["parcels"] / orders, draft["parcels"] / orders, _decimal),
        *_costs(result, orders),
        _row(
            _("Kilometres a parcel"), live["km"] / max(1, live["parcels"]), draft["km"] / max(1, draft["parcels"]),
            _whole,
        ),
        _row(_("Orders that leave late"), live["late"] / orders, draft["late"] / orders, percent),
        _row(_("Orders with units short"), live["short_orders"], draft["short_orders"], number),
        _row(_("Units short when the order came"), live["short_units"], draft["short_units"], number),
        _row(_("Units that ship"), live["units"], draft["units"], number, better=1),
        _row(_("of them served later"), live["served"], draft["served"], number, better=1),
    ]  # fmt: skip
    for name, what in (
        ("refused", _("Orders that would have been refused")),
        ("placeless", _("Orders that no place may ship")),
    ):
        if live[name] or draft[name]:
            rows.append(_row(what, live[name], draft[name], number))
    return rows


def _costs(result: Mapping[str, Any], orders: int) -> list[Kpi]:
    rows = []
    for side, an_order, in_all in (
        ("live", _("Cost an order, at the prices in force"), _("Cost in all, at the prices in force")),
        ("draft", _("Cost an order, at the draft's prices"), _("Cost in all, at the draft's prices")),
    ):
        currency = result["currency"][side]
        one, other = (result[who]["costs"].get(side, 0) for who in ("live", "draft"))

        def said(minor: float, currency: str = currency) -> str:
            return money(round(minor), currency)

        rows.append(_row(an_order, one / orders, other / orders, said))
        rows.append(_row(in_all, one, other, said))
    return rows


def _row(what: str, live: float, draft: float, said: Any, better: int = -1) -> Kpi:
    apart = draft - live
    sign = "+" if apart > 0 else ""
    told = said(apart)
    same = told == said(0)
    return Kpi(
        what, said(live), said(draft), "–" if same else f"{sign}{told}",
        0 if same else better if apart > 0 else -better,
    )  # fmt: skip


def _decimal(value: float) -> str:
    return number(round(value, 2))


def _whole(value: float) -> str:
    return number(round(value))


def loads(result: Mapping[str, Any]) -> list[Load]:
    """What each place ships under either policy, the busiest first."""
    one, other = result["live"]["loads"], result["draft"]["loads"]
    found = []
    for place in one.keys() | other.keys():
        days = sorted(one.get(place, {}).keys() | other.get(place, {}).keys())
        rows = [
            (day, one.get(place, {}).get(day, (0, 0))[0], other.get(place, {}).get(day, (0, 0))[0]) for day in days
        ]  # fmt: skip
        found.append(
            Load(
                result["names"].get(place, place), sum(n for _d, n, _o in rows), sum(n for _d, _o, n in rows),
                max(n for _d, n, _o in rows), max(n for _d, _o, n in rows), rows,
            )
        )  # fmt: skip
    return sorted(found, key=lambda load: (-max(load.live, load.draft), load.name))


def side_in_words(side: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """Which places ship how much, and what is short."""
    said = [f"{names.get(place, place)} ({number(units)})" for place, units, _km, _days in side["legs"]]
    if side["refused"]:
        said.append(_("refused"))
    elif side["short"]:
        told = ngettext("%(n)s unit without stock", "%(n)s units without stock", side["short"])
        said.append(told % {"n": number(side["short"])})
    return ", ".join(said) or "–"


def why_otherwise(
    live: Mapping[str, Any], draft: Mapping[str, Any], names: Mapping[str, str], currency: str
) -> str:
    """Why places that ship the order now would not under the draft."""
    ships = {leg[0] for leg in draft["legs"]}
    said = [
        f"{names.get(leg[0], leg[0])}: {reason_in_words(why, currency)}"
        for leg in live["legs"]
        if leg[0] not in ships and (why := draft["why"].get(leg[0])) and why["code"] in REASONS
    ]
    return "; ".join(said)
