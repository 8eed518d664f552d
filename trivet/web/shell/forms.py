"""Forms that look like ours and keep what was typed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from trivet.lib.errors import DomainError
from trivet.web.shell.errors import said


class Suggested(forms.TextInput):
    """A text with suggestions, as (value, what it is called) pairs: any can be typed, the rules say what is wrong."""

    def __init__(self, suggestions: Callable[[], Iterable[tuple[str, str]]]) -> None:
        super().__init__()
        self.suggestions = suggestions

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        """The input and its list."""
        key = f"list_{name}"
        field = super().render(name, value, {**(attrs or {}), "list": key}, renderer)
        options = format_html_join("", '<option value="{}">{}</option>', self.suggestions())
        return format_html('{}<datalist id="{}">{}</datalist>', field, key, options)


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
