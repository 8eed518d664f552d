"""Why here, why not the others, what would have changed it: a routing decision in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from trivet.routing.queries.desk import DecisionView
from trivet.routing.rules import Policy
from trivet.web.shell.formats import country, listed, money, number

_NAMED = 2
"""SKUs named in "would win with"; the whole list opens beneath."""


@dataclass(frozen=True, slots=True)
class Rival:
    """One place that was looked at; costs in minor units.

    ``alone`` is what everything from there would cost: the other costs together, ``weight`` and ``units`` by kilogram
    and piece included. These three are None where the place cannot ship everything. ``needs`` is the whole list of
    what it would have needed, where ``would_win`` names a part of it.
    """

    name: str
    chosen: bool
    km: int
    shipping: int
    handling: int
    lateness: int
    weight: int | None
    units: int | None
    alone: int | None
    per_kg: int
    why: str
    would_win: str
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Win:
    """What a place that lost would have needed, in a sentence, and the whole list where that is longer."""

    sentence: str = ""
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Parcel:
    """One parcel of the plan: the fixed part and what weight and units add."""

    place: str
    units: int
    fixed: int
    by_unit: int


@dataclass(frozen=True, slots=True)
class Why:
    """A decision, ready to be shown. ``slack``: by how much a better plan could at most be cheaper."""

    policy_version: int
    at: datetime
    occasion: str
    currency: str
    destination: str
    cost: int
    penalty: int
    slack: int
    kilograms: str
    units: int
    per_unit: int
    parcels: tuple[Parcel, ...]
    rivals: tuple[Rival, ...]
    refusals: tuple[str, ...]


REASONS = {
    "chosen": gettext_lazy("ships %(units)s of %(total)s units"),
    "dearer": gettext_lazy("could ship everything, but costs %(by)s more"),
    "rank": gettext_lazy("could ship everything for the same cost, but comes later by rank"),
    "short": gettext_lazy("cannot ship everything: %(missing)s units are missing"),
    "not_needed": gettext_lazy(
        "has some of the units, but the plan has them cheaper or in fewer parcels elsewhere"
    ),
    "rule": gettext_lazy("rule %(rule)s of the policy keeps it from this order"),
    "kind": gettext_lazy("places of this kind do not ship under the policy"),
    "method": gettext_lazy("does not offer this shipping method on this channel"),
    "country": gettext_lazy("does not ship to this country"),
    "capacity": gettext_lazy("its next dispatch is full"),
    "parcels": gettext_lazy("ships nothing of the order yet, and it has as many parcels as allowed"),
    "no_stock": gettext_lazy("has none of the units"),
    "not_the_pickup_place": gettext_lazy("is not where the customer wants to pick up"),
}
"""Why a place ships or does not, by the codes of ``routing.rules.explain``."""

REFUSALS = {
    "no_place": gettext_lazy("No place may ship this order."),
    "not_enough": gettext_lazy("All places together have too few units."),
    "no_single_place_for_line": gettext_lazy("No single place has a whole line, and lines may not be split."),
    "no_single_place": gettext_lazy("No single place has everything, and the order ships together."),
    "too_many_parcels": gettext_lazy("It would take more parcels than the policy allows."),
    "parcels_too_small": gettext_lazy(
        "A parcel of the split order would be worth less than the policy demands."
    ),
}
"""Why units are short."""

OCCASIONS = {
    "placed": gettext_lazy("when the order came in"),
    "mapped": gettext_lazy("when an SKU became known"),
    "filled": gettext_lazy("when stock came in"),
    "rebalanced": gettext_lazy("when all waiting orders were weighed at once"),
    "edited": gettext_lazy("when the order was changed"),
}


def explained(decision: DecisionView, skus: Mapping[str, str], policy: Policy) -> Why | None:
    """The decision in words; ``skus`` names variants by key. None for a decision without candidates."""
    told = decision.explanation
    if "candidates" not in told:
        return None
    currency = told.get("currency", "XXX")
    names = {c["place"]: c["name"] for c in told["candidates"]}
    variants = [skus.get(str(v), "?") for v in told.get("variants", ())]
    wins = {w["place"]: _would_win(w, variants, currency) for w in told.get("would_win", ())}
    return Why(
        policy_version=decision.policy_version, at=decision.at, occasion=str(OCCASIONS[decision.cause]),
        currency=currency,
        destination=_destination(told.get("destination", {})), cost=told["cost"], penalty=told["penalty"],
        slack=0 if told["exact"] else told["cost"] - told["bound"],
        kilograms=number(Decimal(grams(told)) / 1000), units=pieces(told), per_unit=policy.handling_unit,
        parcels=tuple(
            Parcel(names.get(p["place"], p["place"]), p["units"], p["fixed"], p["by_unit"]) for p in told["parcels"]
        ),
        rivals=tuple(_rival(c, told, wins, policy) for c in told["candidates"]),
        refusals=tuple(str(REFUSALS[code]) for code in told.get("refusal", ())),
    )  # fmt: skip


def pieces(told: Mapping[str, Any]) -> int:
    """Units of the lines that were to be placed."""
    return sum(quantity for _, quantity, *_rest in told["demands"])


def grams(told: Mapping[str, Any]) -> int:
    """What these units weigh together."""
    return sum(quantity * weight for _, quantity, weight, *_rest in told["demands"])


def _has_all(c: Mapping[str, Any], told: Mapping[str, Any]) -> bool:
    needs: Counter[int] = Counter()
    for _line, quantity, _weight, _value, parts in told["demands"]:
        for variant, n in parts:
            needs[variant] += n * quantity
    return all(c["stock"][v] - c.get("min_stock", 0) >= n for v, n in needs.items())


def _rival(
    c: Mapping[str, Any], told: Mapping[str, Any], wins: Mapping[str, Win], policy: Policy
) -> Rival:  # fmt: skip
    why, currency = c["why"], told.get("currency", "XXX")
    win = wins.get(c["place"], Win())
    alone = c["alone"] if _has_all(c, told) else None
    units = weight = None
    if alone is not None:
        units = policy.handling_unit * pieces(told)
        weight = alone - c["shipping"] - c["handling"] - c["lateness"] - units
    return Rival(
        c["name"], why["code"] == "chosen", c["km"], c["shipping"], c["handling"], c["lateness"], weight, units, alone,
        policy.zone(c["km"]).per_kg, reason_in_words(why, currency) + _delay(c), win.sentence, win.needs,
    )  # fmt: skip


def _delay(c: Mapping[str, Any]) -> str:
    """What is to be told of a place that may ship although its next dispatch is full."""
    days = c.get("room_days")
    if days is None or c["why"]["code"] == "capacity":
        return ""
    told = ngettext(
        "; its next dispatch is full, there is room in %(n)s day",
        "; its next dispatch is full, there is room in %(n)s days",
        days,
    )
    return told % {"n": number(days)}


def reason_in_words(why: Mapping[str, Any], currency: str) -> str:
    """Why a place ships or does not: its code and what belongs to it."""
    told = {
        "units": number(why.get("units", 0)), "total": number(why.get("total", 0)),
        "by": money(why.get("by", 0), currency), "missing": number(why.get("missing", 0)), "rule": why.get("rule", ""),
    }  # fmt: skip
    return str(REASONS[str(why["code"])]) % told


def _would_win(w: Mapping[str, Any], variants: list[str], currency: str) -> Win:
    needs = [_("%(n)s more of %(sku)s") % {"n": number(n), "sku": variants[v]} for v, n in w["more"]]
    unnamed = len(needs) - _NAMED
    named = needs
    if unnamed > 0:
        other = ngettext("%(n)s other SKU", "%(n)s other SKUs", unnamed) % {"n": number(unnamed)}
        named = [*needs[:_NAMED], other]
    told = {"more": listed(named), "cheaper": money(w["cheaper_by"], currency)}
    if needs and w["cheaper_by"]:
        sentence = _("Would win with %(more)s if it were also %(cheaper)s cheaper.") % told
    elif needs:
        sentence = _("Would win with %(more)s.") % told
    elif w["cheaper_by"]:
        sentence = _("Would win if it were %(cheaper)s cheaper.") % told
    else:
        sentence = ""
    return Win(sentence, tuple(needs) if unnamed > 0 else ())


def _destination(to: Mapping[str, Any]) -> str:
    where = country(to["country"]) if to.get("country") else _("an unknown country")
    return {
        "postcode": _("%(where)s, known to the postal code"),
        "area": _("%(where)s, known to the postal area"), "city": _("%(where)s, known to the city"),
        "country": _("%(where)s, known to the country only"),
    }.get(str(to.get("precision", "")), _("%(where)s, distance not known")) % {"where": where}  # fmt: skip
