"""Forms of the settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import time
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from trivet.company.queries.desk import PlaceOption
from trivet.company.rules import ChannelFacts, PlaceFacts, holiday_countries, timezones
from trivet.staff.rules import VERBS
from trivet.web.shell.badges import choices
from trivet.web.shell.formats import countries, currencies, languages
from trivet.web.shell.forms import Suggested, TrivetForm
from trivet.web.shell.permissions import permission

DAYS = tuple(
    enumerate(
        (
            pgettext_lazy("weekday", "Mon"),
            pgettext_lazy("weekday", "Tue"),
            pgettext_lazy("weekday", "Wed"),
            pgettext_lazy("weekday", "Thu"),
            pgettext_lazy("weekday", "Fri"),
            pgettext_lazy("weekday", "Sat"),
            pgettext_lazy("weekday", "Sun"),
        )
    )
)


def zones() -> list[tuple[str, str]]:
    """Time zones by name; the old short names can be typed and are not suggested."""
    return [(name, "") for name in sorted(timezones()) if "/" in name or name == "UTC"]


def calendars() -> list[tuple[str, str]]:
    """Countries whose public holidays are known, by name."""
    return [pair for pair in countries() if pair[0] in holiday_countries()]


def _set_choices(form: forms.Form, field: str, pairs: Sequence[tuple[Any, Any]]) -> None:
    form.fields[field].choices = pairs  # type: ignore[attr-defined]


class BrandForm(TrivetForm):
    """A name that customers know."""

    slug = forms.SlugField(
        label=_("Short name"), max_length=50, help_text=_("For addresses and files: lower case, no blanks.")
    )
    name = forms.CharField(label=_("Name"), max_length=200)


class PlaceSettingsForm(TrivetForm):
    """All that is set up of a place."""

    name = forms.CharField(label=_("Name"), max_length=200)
    code = forms.SlugField(
        label=_("Code"), max_length=50, help_text=_("For files and the API: lower case, no blanks.")
    )
    kind = forms.ChoiceField(label=_("Kind"))
    line1 = forms.CharField(label=_("Street"), max_length=300, required=False)
    city = forms.CharField(label=_("City"), max_length=300, required=False)
    region = forms.CharField(label=_("Region"), max_length=300, required=False)
    postal_code = forms.CharField(label=_("Postal code"), max_length=20, required=False)
    country = forms.ChoiceField(label=_("Country"))
    timezone = forms.CharField(
        label=_("Time zone"), max_length=60, required=False, widget=Suggested(zones),
        help_text=_("Empty: the country's, where it has one."),
    )  # fmt: skip
    cut_off = forms.TimeField(
        label=_("Cut-off"), initial=time(14), help_text=_("Orders before it leave the same day."),
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )  # fmt: skip
    dispatch_days = forms.TypedMultipleChoiceField(
        label=_("Parcels leave on"), choices=DAYS, coerce=int, widget=forms.CheckboxSelectMultiple,
        initial=[0, 1, 2, 3, 4],
    )  # fmt: skip
    holiday_calendar = forms.CharField(
        label=_("Public holidays of"), max_length=20, required=False, widget=Suggested(calendars),
        help_text=_("A country such as GB or VN, or a part of one such as GB-ENG; empty for none."),
    )  # fmt: skip
    capacity_per_day = forms.IntegerField(label=_("Orders a day at most"), min_value=0, required=False)
    priority = forms.IntegerField(
        label=_("Rank"), initial=100, help_text=_("Lower wins where costs are equal.")
    )
    min_stock = forms.IntegerField(label=_("Units that stay for walk-in customers"), min_value=0, initial=0)
    active = forms.BooleanField(label=_("Active"), required=False, initial=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _set_choices(self, "kind", choices("place_kind"))
        _set_choices(self, "country", [("", "–"), *countries()])

    def facts(self, before: PlaceFacts | None = None) -> PlaceFacts:
        """What was typed, as a value; what the form does not show stays as it was."""
        kept = {f.name: getattr(before, f.name) for f in fields(PlaceFacts)} if before else {}
        typed = {**self.cleaned_data, "dispatch_days": tuple(self.cleaned_data["dispatch_days"])}
        return PlaceFacts(**{**kept, **typed})


class ChannelForm(TrivetForm):
    """All that is set up of a channel."""

    name = forms.CharField(label=_("Name"), max_length=200)
    slug = forms.SlugField(
        label=_("Short name"), max_length=50, help_text=_("Programs send orders under it. It stays.")
    )
    brand = forms.ChoiceField(label=_("Brand"))
    kind = forms.ChoiceField(label=_("Kind"))
    currency = forms.CharField(
        label=_("Currency"), min_length=3, max_length=3, help_text=_("ISO 4217, such as GBP or VND."),
        widget=Suggested(currencies),
    )  # fmt: skip
    timezone = forms.CharField(
        label=_("Time zone"), max_length=60, initial="Europe/London", widget=Suggested(zones)
    )
    locale = forms.CharField(
        label=_("Language of its customers"), max_length=35, initial="en", widget=Suggested(languages)
    )
    on_shortage = forms.ChoiceField(label=_("When stock is short"))
    buffer = forms.IntegerField(
        label=_("Buffer"),
        min_value=0,
        initial=0,
        help_text=_("Units of each SKU that the channel is not told of."),
    )
    floor = forms.IntegerField(
        label=_("Floor"),
        min_value=0,
        initial=0,
        help_text=_(
            "The least that the channel is told, even of what is not there. Only with backorders; mostly 0."
        ),
    )
    cap = forms.IntegerField(
        label=_("Cap"), min_value=0, required=False, help_text=_("The channel is never told more than this.")
    )
    active = forms.BooleanField(label=_("Active"), required=False, initial=True)

    def __init__(self, brands: Sequence[tuple[str, str]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _set_choices(self, "brand", brands)
        _set_choices(self, "kind", choices("channel_kind"))
        _set_choices(self, "on_shortage", choices("on_shortage"))

    def facts(self) -> ChannelFacts:
        """What was typed, as a value."""
        return ChannelFacts(**{**self.cleaned_data, "currency": self.cleaned_data["currency"].upper()})


class ServingForm(TrivetForm):
    """Let a place serve a channel, for all or some methods and countries."""

    location = forms.ChoiceField(label=_("Place"))
    methods = forms.CharField(
        label=_("Shipping methods"),
        max_length=500,
        required=False,
        help_text=_("Separated by commas; empty for all."),
    )
    countries = forms.CharField(
        label=_("Countries"),
        max_length=500,
        required=False,
        help_text=_("Codes such as GB, IE; empty for all."),
    )

    def __init__(self, places: Sequence[PlaceOption], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _set_choices(self, "location", [(p.code, p.name) for p in places])

    def clean_methods(self) -> list[str]:
        """The methods as a list."""
        return [m.strip() for m in self.cleaned_data["methods"].split(",") if m.strip()]

    def clean_countries(self) -> list[str]:
        """The countries as a list of capitals."""
        return [c.strip().upper() for c in self.cleaned_data["countries"].split(",") if c.strip()]


class PersonForm(TrivetForm):
    """Someone who works here."""

    name = forms.CharField(label=_("Name"), max_length=300, required=False)
    email = forms.EmailField(label=_("E-mail"), max_length=254, required=False)
    role = forms.ChoiceField(label=_("Role"))
    locations = forms.MultipleChoiceField(
        label=_("Works at"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None means everywhere."),
    )

    def __init__(self, places: Sequence[PlaceOption], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _set_choices(self, "role", choices("role"))
        _set_choices(self, "locations", [(str(p.id), p.name) for p in places])


class NewPersonForm(PersonForm):
    """Someone new, with a first password."""

    username = forms.CharField(label=_("Log-in name"), max_length=150)
    password = forms.CharField(
        label=_("First password"), widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("Ten characters at least. They can change it in their profile."),
    )  # fmt: skip
    field_order = ("username", "name", "email", "role", "password", "locations")


class PasswordResetForm(TrivetForm):
    """A new password for someone else."""

    password = forms.CharField(
        label=_("New password"), widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("All their open sessions end."),
    )  # fmt: skip


class KeyForm(TrivetForm):
    """A key for a program."""

    name = forms.CharField(label=_("Which program is it for?"), max_length=200)
    scopes = forms.MultipleChoiceField(label=_("It may"), widget=forms.CheckboxSelectMultiple)
    expires_at = forms.DateTimeField(
        label=_("Ends"), required=False, help_text=_("Empty: until revoked. UTC."),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )  # fmt: skip

    locations = forms.MultipleChoiceField(
        label=_("Works at"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None means everywhere."),
    )

    def __init__(self, places: Sequence[PlaceOption], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _set_choices(self, "locations", [(str(p.id), p.name) for p in places])
        verbs = ("*", *VERBS)
        _set_choices(self, "scopes", [(verb, permission(verb)) for verb in verbs])
