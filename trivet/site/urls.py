"""All addresses: pages at the root, the API under /api/v1, probes for operators."""

from __future__ import annotations

from django.urls import include, path

from trivet.site import probes

urlpatterns = [
    path("healthz", probes.healthz),
    path("readyz", probes.readyz),
    path("metrics", probes.metrics),
    path("api/", include("trivet.api.urls")),
    path("", include("trivet.web.urls")),
]
