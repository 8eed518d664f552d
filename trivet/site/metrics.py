"""Prometheus metrics of this process."""

from __future__ import annotations

from prometheus_client import Counter, Histogram

REQUESTS = Counter("trivet_requests_total", "Requests answered", ["method", "route", "status"])
SECONDS = Histogram("trivet_request_seconds", "Seconds a request took", ["route"])
