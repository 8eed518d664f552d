"""What every template knows: the clock, the navigation, permissions and the theme."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from trivet.lib import clock
from trivet.staff.rules import VERBS
from trivet.web.shell.access import allowed
from trivet.web.shell.navigation import links, palette

THEMES = ("auto", "light", "dark")
THEME_COOKIE = "theme"


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context processor of the frame; costs no query beyond the session's user.

    ``may`` answers by verb with the dot as underscore: ``{% if may.order_cancel %}``.
    """
    user: Any = getattr(request, "user", None)
    signed_in = user is not None and user.is_authenticated
    theme = user.theme if signed_in else request.COOKIES.get(THEME_COOKIE, "auto")
    return {
        "now": clock.now(),
        "theme": theme if theme in THEMES else "auto",
        "navigation": links(request) if signed_in else [],
        "palette": palette(request) if signed_in else [],
        "may": {verb.replace(".", "_"): signed_in and allowed(request, verb) for verb in VERBS},
    }
