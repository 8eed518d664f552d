"""The vocabulary of our templates: icons, state badges, money, numbers, times, countries."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlencode

from django import template
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext
from structlog.contextvars import get_contextvars

from trivet.fulfillment.queries.late import Late
from trivet.lib.cursor import COUNT_CAP
from trivet.web.shell import formats
from trivet.web.shell.badges import VOCABULARY, Badge, badge, held
from trivet.web.shell.errors import TEXTS
from trivet.web.shell.methods import method_word
from trivet.web.shell.permissions import permission
from trivet.web.shell.words import translated

register = template.Library()


@cache
def _drawing(name: str) -> str:
    text = (
        files("trivet.web").joinpath("static/vendor/tabler-icons", f"{name}.svg").read_text(encoding="utf-8")
    )
    inner = text.split(">", 1)[1].rsplit("</svg>", 1)[0]
    return " ".join(inner.split()).replace('<path stroke="none" d="M0 0h24v24H0z" fill="none" />', "").strip()


@cache
def _icon(name: str, label: str) -> SafeString:
    told = format_html('role="img" aria-label="{}"', label) if label else 'aria-hidden="true"'
    # The drawing is a vendored file whose digest is in the manifest; the label was escaped above.
    return mark_safe(  # noqa: S308
        '<svg class="icon" viewBox="0 0 24 24" width="20" height="20" fill="none" stroke="currentColor" '
        f'stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round" {told}>{_drawing(name)}</svg>'
    )


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """A vendored Tabler icon as inline SVG; give a ``label`` only where no text stands beside it."""
    return _icon(name, str(label))


@register.simple_tag
def state_badge(axis: str, value: str) -> SafeString:
    """Colour, icon and word of a state."""
    return _drawn(badge(axis, value))


@register.simple_tag
def hold_badge(kind: str) -> SafeString:
    """The badge of a hold where it stands among other states."""
    return _drawn(held(kind))


def _drawn(b: Badge) -> SafeString:
    return format_html(
        '<span class="badge bg-{}-lt state">{}<span>{}</span></span>', b.colour, _icon(b.icon, ""), b.word
    )


@register.simple_tag
def state_word(axis: str, value: str) -> str:
    """Only the word of a state."""
    return str(badge(axis, value).word)


@register.filter
def money(minor: int | None, currency: str) -> str:
    """Minor units as money of ``currency``; nothing for ``None``."""
    return "" if minor is None else formats.money(minor, currency)


@register.filter
def number(value: int | None) -> str:
    """A quantity with grouping; a dash for ``None``."""
    return "–" if value is None else formats.number(value)


@register.filter
def signed(value: int) -> str:
    """A change of a quantity, with its sign."""
    return formats.signed(value)


@register.filter
def percent(value: Any) -> str:
    """A fraction as a percentage."""
    return formats.percent(value)


@register.filter
def country(code: str) -> str:
    """The country's name in the reader's language."""
    return formats.country(code) if code else ""


@register.filter
def told(text: str) -> str:
    """What the system wrote down, in the reader's language where ``shell.words`` knows the sentence."""
    return translated(text)


@register.filter
def called(code: str, names: Mapping[str, str]) -> str:
    """The name that ``names`` has for a code, or the code."""
    return names.get(code, code)


@register.filter
def entry_reason(text: str) -> str:
    """Why the ledger has an entry: the word of a known reason, then what somebody wrote."""
    code, colon, note = text.partition(": ")
    if code not in VOCABULARY["adjust_reason"]:
        return text
    word = str(badge("adjust_reason", code).word)
    return f"{word}: {note}" if colon else word


@register.filter
def shipping_method(code: str) -> str:
    """The word of a shipping method."""
    return method_word(code)


@register.filter
def permissions(scopes: list[str]) -> str:
    """The scopes of a key in words."""
    return ", ".join(permission(scope) for scope in scopes)


@register.filter
def address_lines(to: dict[str, str]) -> list[str]:
    """The lines of an address in the manner of its country."""
    return formats.address(to)


@register.simple_tag(takes_context=True)
def when(context: template.Context, at: datetime | None) -> SafeString:
    """A relative time with the exact instant on hover; nothing for ``None``."""
    if at is None:
        return mark_safe("")
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        at.isoformat(), formats.exact(at), formats.relative(at, context["now"]),
    )  # fmt: skip


@register.simple_tag(takes_context=True)
def late_badge(context: template.Context, late: Mapping[Any, Late] | None, order: Any) -> SafeString:
    """How late an order is and what is to be done, with the exact instant on hover; nothing when it is not late."""
    found = late.get(order) if late else None
    if found is None:
        return mark_safe("")
    told = gettext("%(time)s late") % {"time": formats.lasting(found.since, context["now"])}
    return format_html(
        '<span class="badge bg-red-lt state late" title="{}">{}<span>{} · {}</span></span>',
        formats.exact(found.since), _icon("clock-exclamation", ""), told,
        gettext("being picked") if found.state == "in_progress" else gettext("waits to be picked"),
    )  # fmt: skip


@register.filter
def exact(at: datetime | None) -> str:
    """The exact instant as text."""
    return "" if at is None else formats.exact(at)


@register.simple_tag(takes_context=True)
def query(context: template.Context, **changes: Any) -> str:
    """The present query string with ``changes`` (``None`` or empty drops a key) and without the cursor."""
    request: HttpRequest = context["request"]
    kept = {k: v for k, v in request.GET.lists() if k != "cursor"}
    kept |= {k: [str(v)] for k, v in changes.items()}
    pairs = [(k, v) for k, values in kept.items() for v in values if v not in ("", "None")]
    return "?" + urlencode(pairs)


@register.simple_tag
def error_texts(status: int) -> dict[str, Any]:
    """Title and text of an error page, and the number under which the log has the request."""
    title, text = TEXTS.get(status, TEXTS[500])
    return {"title": title, "text": text, "request_id": get_contextvars().get("request_id", "")}


@register.filter
def capped(count: int) -> str:
    """A count that stopped at the cap reads "10,000+"."""
    return f"{formats.number(COUNT_CAP - 1)}+" if count >= COUNT_CAP else formats.number(count)
