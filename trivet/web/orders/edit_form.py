"""The form of an edit: what is typed as it was stands for no change."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from trivet.catalog.queries import variants_by_sku
from trivet.catalog.rules import sku_key
from trivet.lib.money import exponent
from trivet.orders.queries.detail import LineView, OrderView
from trivet.orders.rules.edit import AddedLine, Edit, Release
from trivet.orders.rules.value import LONGEST_NOTE, MAX_QUANTITY, Address
from trivet.web.shell.formats import countries, major
from trivet.web.shell.forms import TrivetForm, refuse

ADDED = 3
"""Rows for new lines on the page; who needs more edits twice."""
ADDRESS = ("name", "line1", "line2", "city", "region", "postal_code", "country", "phone")
_LABELS = {
    "name": gettext_lazy("Name"), "line1": gettext_lazy("Street"), "line2": gettext_lazy("Address, second line"),
    "city": gettext_lazy("City"), "region": gettext_lazy("Region"), "postal_code": gettext_lazy("Postal code"),
    "phone": gettext_lazy("Phone"),
}  # fmt: skip


def _amount(label: Any, **more: Any) -> forms.DecimalField:
    return forms.DecimalField(
        label=label, min_value=Decimal(0), max_digits=16, required=False,
        widget=forms.NumberInput(attrs={"step": "any", "inputmode": "decimal"}), **more,
    )  # fmt: skip


def _units(label: Any, **more: Any) -> forms.IntegerField:
    return forms.IntegerField(
        label=label, max_value=MAX_QUANTITY, required=False,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}), **more,
    )  # fmt: skip


class EditForm(TrivetForm):
    """Units by line, new lines, and the details of the order; the version tells whether someone was first."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    method = forms.CharField(label=gettext_lazy("Shipping method"), max_length=200, required=False)
    price = _amount(gettext_lazy("Shipping price"))
    code = forms.CharField(
        label=gettext_lazy("Discount code"), max_length=200, required=False,
        help_text=gettext_lazy("A new one, or one that the order has: its amount is replaced."),
    )  # fmt: skip
    discounts = _amount(gettext_lazy("Discount in all"), help_text=gettext_lazy("0 takes it away."))
    fulfill_at = forms.DateTimeField(
        label=gettext_lazy("Not before"), required=False, help_text=gettext_lazy("Empty: as soon as possible. UTC."),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )  # fmt: skip
    note = forms.CharField(
        label=gettext_lazy("Note"), max_length=LONGEST_NOTE, required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip

    def __init__(self, order: OrderView, *args: Any, **kwargs: Any) -> None:
        row = order.row
        self.order, self.lines = order, order.lines
        kwargs.setdefault("initial", {
            "version": row.version, "method": row.shipping_method, "price": major(row.shipping_minor, row.currency),
            "fulfill_at": row.fulfill_at, "note": row.note, "country": row.country,
            **{f"to_{name}": row.ship_to.get(name, "") for name in ADDRESS},
            **{_key(line): line.quantity - line.cancelled for line in order.lines},
        })  # fmt: skip
        super().__init__(*args, **kwargs)
        for line in order.lines:
            label = _("Units of %(sku)s that are left") % {"sku": line.sku or line.external_id}
            self.fields[_key(line)] = _units(label, min_value=0)
        for n in range(ADDED):
            self.fields[f"sku-{n}"] = forms.CharField(label=_("SKU"), max_length=200, required=False)
            self.fields[f"count-{n}"] = _units(_("Units"), min_value=1)
            self.fields[f"price-{n}"] = _amount(_("Price"))
        for name in ADDRESS:
            if name == "country":
                choices = [("", "–"), *countries()]
                self.fields["to_country"] = forms.ChoiceField(
                    label=_("Country"), choices=choices, required=False
                )
            else:
                self.fields[f"to_{name}"] = forms.CharField(
                    label=_LABELS[name], max_length=500, required=False
                )
        for field in self.fields.values():
            if not field.widget.is_hidden:
                field.widget.attrs["class"] = (
                    "form-select" if isinstance(field, forms.ChoiceField) else "form-control"
                )

    def rows(self) -> list[tuple[LineView, forms.BoundField]]:
        """Each line beside its field."""
        return [(line, self[_key(line)]) for line in self.lines]

    def new_rows(self) -> list[tuple[forms.BoundField, ...]]:
        """SKU, units and price of each new line."""
        return [tuple(self[f"{name}-{n}"] for name in ("sku", "count", "price")) for n in range(ADDED)]

    def address_fields(self) -> list[forms.BoundField]:
        """Where it goes."""
        return [self[f"to_{name}"] for name in ADDRESS]

    def detail_fields(self) -> list[forms.BoundField]:
        """What else can change."""
        return [self[name] for name in ("method", "price", "code", "discounts", "fulfill_at", "note")]

    def clean(self) -> dict[str, Any]:
        """What is typed, with ``wanted`` as the edit that it means."""
        typed: dict[str, Any] = super().clean() or {}
        if not self.errors:
            row = self.order.row
            wanted = Edit(
                quantities=self._quantities(), add=self._added(), shipping_method=self._changed("method"),
                discounts=self._discounts(), note=self._changed("note"),
            )  # fmt: skip
            price = self._minor("price")
            if price is not None and price != row.shipping_minor:
                wanted = replace(wanted, shipping_price=price)
            at = typed["fulfill_at"]
            if at != (row.fulfill_at.replace(second=0, microsecond=0) if row.fulfill_at else None):
                wanted = replace(wanted, release=Release(at))
            to = Address(**{name: typed[f"to_{name}"].strip() for name in ADDRESS})
            if to.as_dict() != {k: v for k, v in row.ship_to.items() if v}:
                to = replace(to, postal_code=to.postal_code.upper() if to.country == "GB" else to.postal_code)
                wanted = replace(wanted, ship_to=to)
            typed["wanted"] = wanted
        return typed

    def refused(self, error: Any) -> None:
        """Put what the rules refused at the field that people see."""
        field = str(getattr(error, "field", ""))
        if field.startswith("add["):
            n = int(field[4 : field.index("]")])
            error.field = (
                f"{ {'quantity': 'count', 'unit_price': 'price'}.get(field.rpartition('.')[2], 'sku') }-{n}"
            )
        refuse(self, error)

    def _quantities(self) -> dict[Any, int]:
        typed = {line.id: self.cleaned_data.get(_key(line)) for line in self.lines}
        left = {line.id: line.quantity - line.cancelled for line in self.lines}
        return {key: n for key, n in typed.items() if n is not None and n != left[key]}

    def _added(self) -> tuple[AddedLine, ...]:
        typed = self.cleaned_data
        asked = [n for n in range(ADDED) if typed.get(f"sku-{n}")]
        known = variants_by_sku(typed[f"sku-{n}"] for n in asked)
        added = []
        for n in asked:
            sku, price = typed[f"sku-{n}"], self._minor(f"price-{n}")
            found = known.get(sku_key(sku))
            if price is None and found and found.currency == self.order.row.currency:
                price = found.price_minor
            if found is None:
                self.add_error(f"sku-{n}", _("There is no such SKU."))
            elif price is None:
                self.add_error(f"price-{n}", _("Say what one costs."))
            else:
                added.append(AddedLine(found.sku, typed.get(f"count-{n}") or 1, price))
        return tuple(added)

    def _discounts(self) -> dict[str, int]:
        amount = self._minor("discounts")
        return {} if amount is None else {self.cleaned_data["code"].strip(): amount}

    def _changed(self, name: str) -> str | None:
        text: str = self.cleaned_data[name].strip().replace("\r\n", "\n")
        return None if text == str(self.initial[name]).strip() else text

    def _minor(self, name: str) -> int | None:
        typed: Decimal | None = self.cleaned_data.get(name)
        if typed is None:
            return None
        scaled = typed.scaleb(exponent(self.order.row.currency))
        if scaled != scaled.to_integral_value():
            self.add_error(name, _("Finer than the currency allows."))
        return int(scaled)


def _key(line: LineView) -> str:
    return f"units-{line.position}"
