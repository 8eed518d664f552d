"""Forms that look like ours and keep what was typed."""

from __future__ import annotations

from typing import Any

from django import forms

from trivet.lib.errors import DomainError
from trivet.web.shell.errors import said

_CLASSES: tuple[tuple[type[forms.Widget], str], ...] = (
    (forms.CheckboxSelectMultiple, ""),
    (forms.RadioSelect, ""),
    (forms.CheckboxInput, "form-check-input"),
    (forms.Select, "form-select"),
    (forms.Widget, "form-control"),
)


def dress(form: forms.BaseForm) -> None:
    """Give each widget its Tabler class."""
    for field in form.fields.values():
        css = next(css for kind, css in _CLASSES if isinstance(field.widget, kind))
        if css:
            field.widget.attrs["class"] = css


def mark(form: forms.BaseForm) -> None:
    """Mark the fields that failed."""
    for name in form.errors:
        if name in form.fields:
            attrs = form.fields[name].widget.attrs
            attrs["class"] = f"{attrs.get('class', '')} is-invalid".strip()


class TrivetForm(forms.Form):
    """A form whose fields are drawn by ``shell/_field.html`` with the error at the field."""

    template_name = "shell/_form.html"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        dress(self)

    def full_clean(self) -> None:
        """Validate, then mark the fields that failed."""
        super().full_clean()
        mark(self)


def refuse(form: forms.BaseForm, error: DomainError) -> None:
    """Put what the rules refused at its field, or above the form where no field is to blame."""
    named = getattr(error, "field", "") or str(error.facts.get("field", ""))
    field = named.split("[")[0].split(".")[-1]
    form.add_error(field if field in form.fields else None, said(error))
    mark(form)
