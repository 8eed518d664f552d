"""Forms of the order desk."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from trivet.orders.queries.detail import LineView
from trivet.orders.rules.cancel import CANCEL_REASONS
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
    """Which units, and why? One number field a line."""

    reason = forms.ChoiceField(label=_("Reason"))

    def __init__(self, lines: tuple[LineView, ...], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].choices = [  # type: ignore[attr-defined]
            pair for pair in choices("cancel_reason") if pair[0] in CANCEL_REASONS
        ]
        self.lines = lines
        for line in lines:
            self.fields[f"units-{line.position}"] = forms.IntegerField(
                label=_("Units of %(sku)s to cancel") % {"sku": line.sku or line.external_id}, min_value=0,
                max_value=line.cancellable, initial=line.cancellable, required=False,
                widget=forms.NumberInput(attrs={"class": "form-control", "inputmode": "numeric"}),
            )  # fmt: skip

    def wanted(self) -> dict[Any, int]:
        """Units by line, those of no units left out."""
        units = {line.id: self.cleaned_data.get(f"units-{line.position}") or 0 for line in self.lines}
        return {line: n for line, n in units.items() if n}

    def rows(self) -> list[tuple[LineView, forms.BoundField]]:
        """Each line beside its field."""
        return [(line, self[f"units-{line.position}"]) for line in self.lines]
