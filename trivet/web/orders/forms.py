"""Forms of the order desk."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from trivet.orders.queries.detail import LineView, OrderView
from trivet.orders.rules.holds import MANUAL_HOLD_KINDS
from trivet.web.shell.badges import choices
from trivet.web.shell.forms import TrivetForm


class HoldForm(TrivetForm):
    """Why must this order wait?"""

    kind = forms.ChoiceField(label=_("Kind"))
    reason = forms.CharField(label=_("Reason"), max_length=500, required=False)
    owner = forms.CharField(label=_("Who takes care"), max_length=100, required=False)
    expires_at = forms.DateTimeField(
        label=_("Ends by itself"), required=False, help_text=_("Empty: until someone releases it. UTC."),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = [pair for pair in choices("hold") if pair[0] in MANUAL_HOLD_KINDS]
        self.fields["kind"].choices = sorted(kinds, key=lambda pair: pair[0] != "manual")  # type: ignore[attr-defined]


class CancelForm(TrivetForm):
    """Which units, and why? One number field a line; the version tells whether someone was first."""

    reason = forms.ChoiceField(label=_("Reason"))
    note = forms.CharField(label=_("Note"), max_length=500, required=False)
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, order: OrderView, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"version": order.row.version})
        super().__init__(*args, **kwargs)
        self.fields["reason"].choices = choices("cancel_reason")  # type: ignore[attr-defined]
        self.lines = order.lines
        for line in order.lines:
            self.fields[_key(line)] = forms.IntegerField(
                label=_("Units of %(sku)s to cancel") % {"sku": line.sku or line.external_id}, min_value=0,
                max_value=line.cancellable, initial=line.cancellable, required=False,
                error_messages={"max_value": _("At most %(limit_value)s."), "min_value": _("At least 0.")},
                widget=forms.NumberInput(attrs={"class": "form-control", "inputmode": "numeric"}),
            )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """Nothing at all is no cancellation; a number that is wrong is told at its field alone."""
        if not self.misfits and not self.wanted():
            self.add_error(None, _("Choose at least one unit."))
        return self.cleaned_data

    @property
    def misfits(self) -> list[str]:
        """The fields of units whose number cannot be."""
        return [name for line in self.lines if (name := _key(line)) in self.errors]

    def wanted(self) -> dict[UUID, int]:
        """Units by line, those of no units left out."""
        units = {line.id: self.cleaned_data.get(_key(line)) or 0 for line in self.lines}
        return {line: n for line, n in units.items() if n}

    def intended(self) -> dict[UUID, int]:
        """What is typed so far, or the whole order before anything is typed; nothing while a number is wrong."""
        if not self.is_bound:
            return {line.id: line.cancellable for line in self.lines if line.cancellable}
        return {} if self.misfits else self.wanted()

    def circumstances(self) -> dict[str, Any]:
        """Why, and which version of the order was looked at."""
        typed = self.cleaned_data
        return {"reason": typed["reason"], "note": typed["note"], "expected_version": typed["version"]}

    def rows(self) -> list[tuple[LineView, forms.BoundField]]:
        """Each line beside its field."""
        return [(line, self[_key(line)]) for line in self.lines]


def _key(line: LineView) -> str:
    return f"units-{line.position}"
