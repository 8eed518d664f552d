"""The Django app of the desks."""

from __future__ import annotations

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Label ``web``: templates of all desks, static files and template tags."""

    name = "trivet.web"
    label = "web"
