"""Log-in and log-out, the profile, language and theme."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import check_for_language
from django.utils.translation import gettext as _

from trivet.staff.actions.preferences import prefer
from trivet.staff.queries import anybody
from trivet.web.shell.access import posted, signed_in
from trivet.web.shell.context import THEME_COOKIE, THEMES
from trivet.web.shell.forms import dress

_YEAR = 365 * 24 * 3600


class LogInForm(AuthenticationForm):
    """Django's form in our clothes."""

    template_name = "shell/_form.html"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        dress(self)


class PasswordForm(PasswordChangeForm):
    """Django's form in our clothes."""

    template_name = "shell/_form.html"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        dress(self)


class LogIn(LoginView):
    """The log-in; failed attempts are counted and throttled (429) by django-axes."""

    template_name = "account/login.html"
    authentication_form = LogInForm
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Says how to make the first person, only while there is none."""
        return super().get_context_data(nobody=not anybody(), **kwargs)


class LogOut(LogoutView):
    """The log-out, by its button; whoever comes by address stays logged in."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """To the first page, unless it is the button."""
        if request.method in {"GET", "HEAD"}:
            return redirect("home")
        return super().dispatch(request, *args, **kwargs)


@signed_in
def profile(request: HttpRequest) -> HttpResponse:
    """How do you like to work? A new password is asked for here, too."""
    user: Any = request.user
    form = PasswordForm(user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        form.save()
        update_session_auth_hash(request, user)
        messages.success(request, _("Your password is changed."))
        return redirect("profile")
    status = 400 if form.errors else 200
    return render(request, "account/profile.html", {"form": form}, status=status)


@posted("home")
def preferences(request: HttpRequest) -> HttpResponse:
    """Language and theme: kept with the person, or in a cookie while nobody is signed in."""
    language, theme = request.POST.get("language", ""), request.POST.get("theme", "")
    language = language if check_for_language(language) else ""
    theme = theme if theme in THEMES else ""
    user: Any = request.user
    if user.is_authenticated:
        prefer(user.pk, language=language or user.language, theme=theme or user.theme)
    answer = HttpResponseRedirect(_safe(request, request.POST.get("next", "/")))
    for cookie, value in ((settings.LANGUAGE_COOKIE_NAME, language), (THEME_COOKIE, theme)):
        if value:
            answer.set_cookie(cookie, value, max_age=_YEAR, samesite="Lax", secure=request.is_secure())
    return answer


def _safe(request: HttpRequest, url: str) -> str:
    return url if url_has_allowed_host_and_scheme(url, {request.get_host()}, request.is_secure()) else "/"
