"""SKUs with units as people type or paste them: one a line, the units behind the SKU."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

MOST = 500


class LinesField(forms.CharField):
    """``TEE-M 12`` a line, or with a tab or comma as spreadsheets paste it; cleans to [(SKU, units)]."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", gettext_lazy("SKUs and units"))
        kwargs.setdefault("help_text", gettext_lazy("One SKU a line, then the units: TEE-M 12"))
        super().__init__(widget=forms.Textarea(attrs={"rows": 6, "autocomplete": "off"}), **kwargs)

    def clean(self, value: Any) -> Any:
        """The pairs; a line that cannot be read is named."""
        found = []
        for n, line in enumerate(super().clean(value).splitlines(), 1):
            words = line.replace("\t", " ").replace(",", " ").replace(";", " ").split()
            if not words:
                continue
            units = words[-1]
            if len(words) < 2 or not (units.isascii() and units.isdigit() and len(units) <= 7):
                raise forms.ValidationError(
                    _("Line %(n)s: say the SKU and then how many units.") % {"n": n}, code="invalid"
                )
            found.append((" ".join(words[:-1]), int(units)))
        if len(found) > MOST:
            raise forms.ValidationError(_("Split it: at most %(n)s SKUs at once.") % {"n": MOST})
        return found
