"""Forms of the imports: one a kind of file."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from trivet.company.queries.desk import channel_options, place_options
from trivet.lib.money import is_currency
from trivet.web.imports.words import DATES, DECIMALS, FORMATS, STOCK_MODES
from trivet.web.shell.forms import TrivetForm


class FileForm(TrivetForm):
    """A file, and which sheet of it."""

    file = forms.FileField(
        label=_("File"), help_text=_("CSV, gzipped CSV or XLSX, up to 500 MB."),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.gz,.xlsx,.txt"}),
    )  # fmt: skip
    sheet = forms.CharField(
        label=_("Sheet"), max_length=100, required=False,
        help_text=_("Of a workbook; empty for those with the columns."),
    )  # fmt: skip
    decimal = forms.ChoiceField(
        label=_("Decimals"), required=False, choices=list(DECIMALS.items()),
        help_text=_("What stands before them, where the file leaves it open."),
    )  # fmt: skip
    field_order: tuple[str, ...] = ("file",)

    def how(self) -> dict[str, Any]:
        """The arguments of the import."""
        return {name: value for name, value in self.cleaned_data.items() if name != "file"}


class OrdersForm(FileForm):
    """Orders: through which channel they came, and what they do to stock."""

    channel = forms.ChoiceField(label=_("Channel"))
    form = forms.ChoiceField(label=_("Layout of the file"), choices=list(FORMATS.items()))
    stock = forms.ChoiceField(label=_("What do these orders do to stock?"), choices=list(STOCK_MODES.items()))
    create_products = forms.BooleanField(
        label=_("Add SKUs that the catalogue lacks, under the names that the file gives them"), required=False
    )
    dates = forms.ChoiceField(
        label=_("Dates"), required=False, choices=list(DATES.items()),
        help_text=_("How those such as 3/4/2011 are meant, where the file leaves it open."),
    )  # fmt: skip
    location = forms.ChoiceField(
        label=_("Place that write-offs leave"), required=False, help_text=_("Only where stock is touched.")
    )
    field_order = (
        "file",
        "channel",
        "form",
        "stock",
        "create_products",
        "location",
        "dates",
        "decimal",
        "sheet",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        channels = channel_options()
        self.lacks_channel = not channels
        self.fields["channel"].choices = channels  # type: ignore[attr-defined]
        self.fields["location"].choices = [("", _("The channel's first")), *_places()]  # type: ignore[attr-defined]


class CatalogForm(FileForm):
    """Products, and the currency of amounts that name none."""

    currency = forms.CharField(
        label=_("Currency"), max_length=3, required=False,
        help_text=_("Where a row names none; empty: the one of your channels."),
    )  # fmt: skip

    def clean_currency(self) -> str:
        """Capitals, and a currency."""
        typed: str = self.cleaned_data["currency"].upper()
        if typed and not is_currency(typed):
            raise forms.ValidationError(_("Not a currency of ISO 4217."))
        return typed


class StockForm(FileForm):
    """Counted stock, and the place of rows that name none."""

    location = forms.ChoiceField(label=_("Place"), required=False, help_text=_("Where a row names none."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["location"].choices = [("", _("The file says it")), *_places()]  # type: ignore[attr-defined]


def _places() -> list[tuple[str, str]]:
    return [(p.code, p.name) for p in place_options()]


FORMS: dict[str, type[FileForm]] = {"orders": OrdersForm, "catalog": CatalogForm, "stock": StockForm}
