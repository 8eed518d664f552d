"""Forms of the stock desk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from trivet.company.queries.desk import PlaceOption
from trivet.web.shell.badges import choices
from trivet.web.shell.forms import TrivetForm

MAX_UNITS = 1_000_000


def one_of(places: Sequence[PlaceOption]) -> list[tuple[str, Any]]:
    """Places to choose from. Of several none is proposed: what is booked at the wrong one is hard to find again."""
    none = [] if len(places) == 1 else [("", _("Choose a place"))]
    return [*none, *((p.code, p.name) for p in places)]


class PlaceForm(TrivetForm):
    """Something that happens at a place."""

    place = forms.ChoiceField(label=_("Place"))

    def __init__(self, places: Sequence[PlaceOption], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["place"].choices = one_of(places)  # type: ignore[attr-defined]


class AdjustForm(PlaceForm):
    """What is really there? Facts are always accepted; large ones ask a second person."""

    change = forms.IntegerField(
        label=_("Change"), min_value=-MAX_UNITS, max_value=MAX_UNITS,
        help_text=_("Units more (3) or fewer (-3) than the ledger says."),
    )  # fmt: skip
    reason = forms.ChoiceField(label=_("Reason"))
    note = forms.CharField(label=_("Note"), max_length=500, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        reasons = [(value, word) for value, word in choices("adjust_reason") if value != "count"]
        self.fields["reason"].choices = [("", _("Choose a reason")), *reasons]  # type: ignore[attr-defined]

    def clean_change(self) -> int:
        """A change of nothing is a mistake."""
        change: int = self.cleaned_data["change"]
        if change == 0:
            raise forms.ValidationError(_("Say how many units more or fewer."))
        return change


class CountForm(PlaceForm):
    """How many are there? A count is a fact: it is never refused."""

    on_hand = forms.IntegerField(
        label=_("Units counted"), min_value=0, max_value=MAX_UNITS,
        help_text=_("All that lie there, promised ones too."),
    )  # fmt: skip


class ReceiveForm(PlaceForm):
    """What came in?"""

    quantity = forms.IntegerField(label=_("Units received"), min_value=1, max_value=MAX_UNITS)
    reference = forms.CharField(
        label=_("Delivery note"),
        max_length=100,
        required=False,
        help_text=_("Number of the delivery, if there is one."),
    )
