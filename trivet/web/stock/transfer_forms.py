"""Forms of transfers: what goes where, what leaves, what arrived."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from trivet.company.queries.desk import PlaceOption
from trivet.inventory.queries.transfers import LineRow, TransferView
from trivet.web.shell.forms import TrivetForm, dress
from trivet.web.stock.forms import MAX_UNITS, one_of
from trivet.web.stock.lines import LinesField


class TransferForm(TrivetForm):
    """What goes where?"""

    key = forms.UUIDField(widget=forms.HiddenInput)
    source = forms.ChoiceField(label=_("From"))
    destination = forms.ChoiceField(label=_("To"))
    lines = LinesField()
    expected_on = forms.DateField(
        label=_("Expected on"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    note = forms.CharField(label=_("Note"), max_length=500, required=False)

    def __init__(
        self, sources: Sequence[PlaceOption], places: Sequence[PlaceOption], *args: Any, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["source"].choices = one_of(sources)  # type: ignore[attr-defined]
        self.fields["destination"].choices = one_of(places)  # type: ignore[attr-defined]


def _units(label: str, initial: int) -> forms.IntegerField:
    return forms.IntegerField(
        label=label, min_value=0, max_value=MAX_UNITS, initial=initial, required=False,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )  # fmt: skip


class LineForm(TrivetForm):
    """A form with fields for each SKU of a transfer, named by its place in the list."""

    def __init__(self, found: TransferView, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = found.lines
        self.fields.update(
            {
                name: field
                for n, line in enumerate(found.lines)
                for name, field in self.of_line(n, line).items()
            }
        )
        dress(self)

    @staticmethod
    def of_line(n: int, line: LineRow) -> dict[str, forms.Field]:
        """The fields of one SKU; none, unless a form says which."""
        return {}

    def units(self, name: str) -> int:
        """What was typed; nothing is none."""
        return self.cleaned_data.get(name) or 0


class ShipForm(LineForm):
    """What leaves? As planned, unless something else is said."""

    promised_too = forms.BooleanField(
        label=_("Also units that are not free"), required=False,
        help_text=_("They left, although orders hold them or they were set aside. Orders may be short then."),
    )  # fmt: skip

    @staticmethod
    def of_line(n: int, line: LineRow) -> dict[str, forms.Field]:
        """Units that leave."""
        return {f"sent_{n}": _units(f"{_('Leaves')}: {line.sku}", line.units.planned)}

    @property
    def rows(self) -> list[tuple[LineRow, Any]]:
        """Each SKU with its field."""
        return [(line, self[f"sent_{n}"]) for n, line in enumerate(self.lines)]

    def quantities(self) -> dict[str, int]:
        """Units by SKU."""
        return {line.sku: self.units(f"sent_{n}") for n, line in enumerate(self.lines)}


class ArrivalForm(LineForm):
    """What arrived? The reference is the number of the arrival, so that sending it twice receives it once."""

    reference = forms.CharField(label=_("Delivery note"), max_length=200)
    more = LinesField(required=False, label=_("Other SKUs that came along"))

    def __init__(self, found: TransferView, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"reference": f"T{found.row.number}/{len(found.arrivals) + 1}"})
        super().__init__(found, *args, **kwargs)
        self.fields["more"].widget.attrs["rows"] = 2

    @staticmethod
    def of_line(n: int, line: LineRow) -> dict[str, forms.Field]:
        """Units in order, and broken ones."""
        return {
            f"good_{n}": _units(f"{_('Arrived in order')}: {line.sku}", line.units.in_transit),
            f"bad_{n}": _units(f"{_('Arrived broken')}: {line.sku}", 0),
        }

    @property
    def rows(self) -> list[tuple[LineRow, Any, Any]]:
        """Each SKU with its fields."""
        return [(line, self[f"good_{n}"], self[f"bad_{n}"]) for n, line in enumerate(self.lines)]

    def arrived(self) -> list[tuple[str, int, int]]:
        """(SKU, in order, broken) of what came."""
        known = [
            (line.sku, self.units(f"good_{n}"), self.units(f"bad_{n}")) for n, line in enumerate(self.lines)
        ]
        return [row for row in known if row[1] + row[2]] + [
            (sku, n, 0) for sku, n in self.cleaned_data["more"]
        ]
