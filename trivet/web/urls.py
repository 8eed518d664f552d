"""Addresses of the pages."""

from __future__ import annotations

from django.contrib.auth.views import LogoutView
from django.urls import path

from trivet.web.account import pages as account

urlpatterns = [
    path("login", account.LogIn.as_view(), name="login"),
    path("logout", LogoutView.as_view(), name="logout"),
    path("profile", account.profile, name="profile"),
    path("preferences", account.preferences, name="preferences"),
]
