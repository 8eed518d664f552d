"""The routing policy as a form, in words, and as what changed between two versions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from trivet.company.queries.desk import channel_options, place_options
from trivet.lib.money import exponent, is_currency
from trivet.routing.rules import BOUNDS, Policy, Rule
from trivet.web.shell.badges import choices
from trivet.web.shell.formats import country, major, money, number
from trivet.web.shell.forms import TrivetForm

FIELDS: dict[str, Any] = {
    "currency": _("Currency"),
    "zones": _("Shipping by distance"),
    "unknown_distance_km": _("Distance where it is not known, in km"),
    "cross_border": _("Crossing a border adds"),
    "handling_parcel": _("Handling a parcel"),
    "handling_unit": _("Handling a unit"),
    "parcel_penalty": _("Each parcel beyond the first counts as"),
    "late_per_day": _("A day of waiting for the next dispatch counts as"),
    "max_parcels": _("Parcels an order at most"),
    "min_value_per_parcel": _("A parcel of a split order is worth at least"),
    "kinds": _("Kinds of places that ship"),
    "exact_steps": _("Plans looked at before a good one is good enough"),
    "rules": _("Rules"),
}
"""Every field of a policy, in the order of the form."""

AMOUNTS = (
    "cross_border", "handling_parcel", "handling_unit", "parcel_penalty", "late_per_day", "min_value_per_parcel",
)  # fmt: skip
COUNTS = ("unknown_distance_km", "max_parcels", "exact_steps")
SPARE = 2
"""Empty rows offered below zones and rules."""


def _amount(label: Any = "", *, required: bool = True) -> forms.DecimalField:
    return forms.DecimalField(
        label=label, min_value=Decimal(0), max_value=Decimal(10**7), max_digits=12, required=required,
        widget=forms.NumberInput(attrs={"step": "any", "inputmode": "decimal"}),
    )  # fmt: skip


class PolicyForm(TrivetForm):
    """The numbers of the policy, amounts in whole units of its currency."""

    currency = forms.CharField(label=FIELDS["currency"], min_length=3, max_length=3)
    kinds = forms.MultipleChoiceField(label=FIELDS["kinds"], widget=forms.CheckboxSelectMultiple)
    note = forms.CharField(
        label=_("Why is it changed?"), max_length=500, required=False, help_text=_("For those who look at the history.")
    )  # fmt: skip
    active_from = forms.DateTimeField(
        label=_("In force from"), required=False, help_text=_("Empty: at once. UTC."),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kinds"].choices = choices("place_kind")  # type: ignore[attr-defined]
        for name in AMOUNTS:
            self.fields[name] = _amount(FIELDS[name])
        for name in COUNTS:
            least, most = BOUNDS[name]
            self.fields[name] = forms.IntegerField(
                label=FIELDS[name], min_value=least, max_value=most,
                help_text=gettext("From %(least)s to %(most)s.") % {"least": number(least), "most": number(most)},
            )  # fmt: skip
        self.order_fields([*FIELDS, "note", "active_from"])
        for field in self.fields.values():
            if not field.widget.attrs.get("class") and not isinstance(
                field.widget, forms.CheckboxSelectMultiple
            ):
                field.widget.attrs["class"] = "form-control"

    def clean_currency(self) -> str:
        """Capitals, and a currency."""
        typed: str = self.cleaned_data["currency"].upper()
        if not is_currency(typed):
            raise forms.ValidationError(_("Not a currency of ISO 4217."))
        return typed


class ZoneForm(TrivetForm):
    """A step of the shipping estimate; empty rows are left out."""

    km = forms.IntegerField(label=_("Up to km"), min_value=0, max_value=100_000, required=False)
    base = _amount(_("A parcel"), required=False)
    per_kg = _amount(_("and a kg"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            # The table's heads are the labels for the eye.
            field.widget.attrs["aria-label"] = field.label

    def clean(self) -> dict[str, Any]:
        """All three or none."""
        typed = {name: self.cleaned_data.get(name) for name in ("km", "base", "per_kg")}
        given = [name for name, value in typed.items() if value is not None]
        for name in typed:
            if given and name not in given and name not in self.errors:
                self.add_error(name, gettext("Needed in this row."))
        return typed


@dataclass(frozen=True, slots=True)
class Names:
    """What places (by code) and channels (by short name) are called; two queries a page, however many rules."""

    places: Mapping[str, str]
    channels: Mapping[str, str]

    @staticmethod
    def known() -> Names:
        """Of all that there are."""
        return Names({p.code: p.name for p in place_options()}, dict(channel_options()))


class RuleForm(TrivetForm):
    """May places ship orders of this kind? Empty conditions fit everything; ``remove`` takes the rule away."""

    allow = forms.ChoiceField(
        label=_("May ship"),
        required=False,
        choices=[("", "–"), ("yes", _("may ship")), ("no", _("may not ship"))],
    )
    places = forms.MultipleChoiceField(label=_("Places"), required=False)
    kinds = forms.MultipleChoiceField(label=_("Kinds"), required=False)
    channels = forms.MultipleChoiceField(label=_("Channels"), required=False)
    countries = forms.CharField(label=_("To countries"), max_length=800, required=False)
    methods = forms.CharField(label=_("Shipping methods"), max_length=800, required=False)

    def __init__(self, *args: Any, names: Names, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = {"places": names.places, "kinds": choices("place_kind"), "channels": names.channels}
        for name, found in known.items():
            options = list(found.items()) if isinstance(found, Mapping) else found
            # What a stored rule names stays even when it no longer exists.
            gone = [(v, v) for v in (self.initial.get(name) or ()) if v not in {key for key, _ in options}]
            self.fields[name].choices = [*options, *gone]  # type: ignore[attr-defined]
            self.fields[name].widget.attrs["size"] = 3
        self.fields["countries"].widget.attrs["placeholder"] = "GB, IE"
        self.fields["methods"].widget.attrs["placeholder"] = "express"

    def clean_countries(self) -> list[str]:
        """Codes of countries in capitals."""
        return _listed(self.cleaned_data["countries"].upper())

    def clean_methods(self) -> list[str]:
        """Methods as a list."""
        return _listed(self.cleaned_data["methods"])

    def clean(self) -> dict[str, Any]:
        """A condition without a decision says nothing."""
        typed = self.cleaned_data
        if not typed.get("allow") and any(typed.get(name) for name in typed if name != "allow"):
            self.add_error("allow", gettext("Say whether they may ship."))
        return typed


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


ZoneSet = forms.formset_factory(ZoneForm, extra=SPARE, max_num=30, absolute_max=40)
RuleSet = forms.formset_factory(RuleForm, extra=SPARE, max_num=50, absolute_max=60)


@dataclass(slots=True)
class PolicyForms:
    """The three parts of the policy's page."""

    main: PolicyForm
    zones: Any
    rules: Any

    @staticmethod
    def of(policy: Policy) -> PolicyForms:
        """Filled with what ``policy`` says."""
        unit = policy.currency
        main = {name: major(getattr(policy, name), unit) for name in AMOUNTS}
        main |= {name: getattr(policy, name) for name in (*COUNTS, "currency")} | {
            "kinds": list(policy.kinds)
        }
        zones = [
            {"km": z.km, "base": major(z.base, unit), "per_kg": major(z.per_kg, unit)} for z in policy.zones
        ]
        return PolicyForms(
            PolicyForm(initial=main), ZoneSet(initial=zones, prefix="zones"),
            RuleSet(
                initial=[_rule_initial(rule) for rule in policy.rules], prefix="rules",
                form_kwargs={"names": Names.known()},
            ),
        )  # fmt: skip

    @staticmethod
    def typed(data: Any) -> PolicyForms:
        """As somebody filled them in."""
        rules = RuleSet(data, prefix="rules", form_kwargs={"names": Names.known()})
        return PolicyForms(PolicyForm(data), ZoneSet(data, prefix="zones"), rules)

    @property
    def numbers(self) -> list[forms.BoundField]:
        """The fields of the policy itself."""
        return [field for field in self.main if field.name in FIELDS]

    @property
    def storing(self) -> list[forms.BoundField]:
        """The fields about the version that is stored."""
        return [field for field in self.main if field.name not in FIELDS]

    def is_valid(self) -> bool:
        """Whether all three make sense; each is asked, so that all faults show at once."""
        return all([self.main.is_valid(), self.zones.is_valid(), self.rules.is_valid()])

    def rules_told(self) -> dict[str, Any]:
        """The stored form of what was typed; faults of amounts are put at their field."""
        typed = self.main.cleaned_data
        unit = typed["currency"]
        told: dict[str, Any] = {"currency": unit, "kinds": typed["kinds"]}
        told |= {name: _minor(self.main, name, typed[name], unit) for name in AMOUNTS}
        told |= {name: typed[name] for name in COUNTS}
        told["zones"] = [
            {"km": row["km"], **{name: _minor(form, name, row[name], unit) for name in ("base", "per_kg")}}
            for form in self.zones
            if (row := form.cleaned_data) and row.get("km") is not None
        ]
        told["zones"].sort(key=lambda zone: zone["km"])
        told["rules"] = [
            {"allow": row["allow"] == "yes", **{k: list(row[k]) for k in _CONDITIONS if row[k]}}
            for form in self.rules
            if (row := form.cleaned_data) and row.get("allow")
        ]
        return told


_CONDITIONS = ("channels", "countries", "methods", "kinds", "places")


def _rule_initial(rule: Rule) -> dict[str, Any]:
    return {
        "allow": "yes" if rule.allow else "no", "places": list(rule.places), "kinds": list(rule.kinds),
        "channels": list(rule.channels), "countries": ", ".join(rule.countries), "methods": ", ".join(rule.methods),
    }  # fmt: skip


def _minor(form: forms.Form, name: str, amount: Decimal, currency: str) -> int:
    scaled = amount.scaleb(exponent(currency))
    if scaled != scaled.to_integral_value():
        form.add_error(name, gettext("Finer than the currency allows."))
    return int(scaled)


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


def changes(
    before: Mapping[str, Any], after: Mapping[str, Any], names: Names
) -> Iterator[tuple[str, str, str]]:
    """What differs between two stored policies: (what, before, after), in words."""
    one, other = Policy.from_dict(before), Policy.from_dict(after)
    for field in fields(Policy):
        was, now = getattr(one, field.name), getattr(other, field.name)
        if was != now:
            yield str(FIELDS[field.name]), _value(field.name, one, names), _value(field.name, other, names)


def _value(name: str, policy: Policy, names: Names) -> str:
    value = getattr(policy, name)
    if name in AMOUNTS:
        return money(value, policy.currency)
    if name == "kinds":
        words = dict(choices("place_kind"))
        return ", ".join(words.get(k, k) for k in value)
    if name == "rules":
        return "; ".join(rule_in_words(rule, names) for rule in value) or "–"
    if name == "zones":
        return "; ".join(
            f"≤ {number(z.km)} km {money(z.base, policy.currency)} + {money(z.per_kg, policy.currency)}/kg"
            for z in value
        )
    return number(value) if isinstance(value, int) else str(value)
