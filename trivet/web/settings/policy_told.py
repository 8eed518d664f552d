"""The routing policy in words, and what differs between two of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext, ngettext

from trivet.routing.rules import Policy, Rule, Zone
from trivet.routing.rules.versions import differences
from trivet.web.settings.policy import AMOUNTS, FIELDS, Names
from trivet.web.shell.badges import choices
from trivet.web.shell.formats import country, money, number


def in_words(policy: Policy) -> list[str]:
    """The policy as sentences."""
    unit = policy.currency
    told = {name: money(getattr(policy, name), unit) for name in AMOUNTS}
    said = [
        gettext("Handling counts %(handling_parcel)s a parcel and %(handling_unit)s a unit.") % told,
        gettext("Crossing a border adds %(cross_border)s.") % told,
        gettext("Each parcel beyond the first counts as %(parcel_penalty)s, a day of waiting as %(late_per_day)s.")
        % told,
        ngettext(
            "An order leaves in %(n)s parcel at most.", "An order leaves in %(n)s parcels at most.", policy.max_parcels
        ) % {"n": number(policy.max_parcels)},
    ]  # fmt: skip
    if policy.min_value_per_parcel:
        said.append(
            gettext("A parcel of a split order must be worth %(min_value_per_parcel)s at least.") % told
        )
    kinds = dict(choices("place_kind"))
    said.append(
        gettext("These kinds of places ship: %(kinds)s.")
        % {"kinds": ", ".join(kinds.get(k, k) for k in policy.kinds)}
    )
    return said


def rule_in_words(rule: Rule, names: Names) -> str:
    """One rule as a sentence."""
    channels, kinds = names.channels, dict(choices("place_kind"))
    who = [*(names.places.get(p, p) for p in rule.places), *(kinds.get(k, k) for k in rule.kinds)]
    told = {
        "who": ", ".join(who) or gettext("Every place"),
        "what": ", ".join(
            part
            for part in (
                gettext("to %(where)s") % {"where": ", ".join(country(c) for c in rule.countries)}
                if rule.countries
                else "",
                gettext("by %(methods)s") % {"methods": ", ".join(rule.methods)} if rule.methods else "",
                gettext("of %(channels)s")
                % {"channels": ", ".join(channels.get(c, c) for c in rule.channels)}
                if rule.channels
                else "",
            )
            if part
        )
        or (gettext("everything") if rule.allow else gettext("anything")),
    }
    return (
        gettext("%(who)s: may ship %(what)s") % told
        if rule.allow
        else gettext("%(who)s: may not ship %(what)s") % told
    )


@dataclass(frozen=True, slots=True)
class Change:
    """What differs between two policies, in words; a dash where there is no such row."""

    what: str
    before: str
    after: str


def changes(before: Mapping[str, Any], after: Mapping[str, Any], names: Names) -> Iterator[Change]:
    """What differs between two stored policies, field by field; zones and rules row by row."""
    one, other = Policy.from_dict(before), Policy.from_dict(after)
    for found in differences(one, other):
        what = str(FIELDS[found.field])
        if found.field == "zones":
            what = gettext("Shipping up to %(km)s km") % {"km": number(found.row or 0)}
        elif found.field == "rules":
            what = gettext("Rule %(n)s") % {"n": found.row}
        yield Change(
            what,
            _value(found.field, found.before, one, names),
            _value(found.field, found.after, other, names),
        )


def _value(name: str, value: Any, policy: Policy, names: Names) -> str:
    if value is None:
        return "–"
    if isinstance(value, Zone):
        unit = policy.currency
        return gettext("%(parcel)s a parcel and %(kg)s a kg") % {
            "parcel": money(value.base, unit), "kg": money(value.per_kg, unit)
        }  # fmt: skip
    if isinstance(value, Rule):
        return rule_in_words(value, names)
    if name in AMOUNTS:
        return money(value, policy.currency)
    if name == "kinds":
        words = dict(choices("place_kind"))
        return ", ".join(words.get(k, k) for k in value) or "–"
    return number(value) if isinstance(value, int) else str(value)
