"""Throttling of log-ins: who asks, and how many failures are too many."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import Any

import structlog
from axes.handlers.database import AxesDatabaseHandler
from axes.helpers import get_failure_limit
from django.conf import settings
from django.db.models import Sum
from django.http import HttpRequest

log = structlog.get_logger(__name__)


def client_address(request: HttpRequest) -> str | None:
    """The address that asks: of the connection, or what the outermost of our proxies saw.

    Each proxy adds the address of who asked it at the end of ``X-Forwarded-For``; what stands further left is the
    asker's own claim. Of IPv6 the network counts (/64): one customer of a provider has all of its addresses.
    """
    address: str = request.META.get("REMOTE_ADDR", "")
    if settings.PROXIES:
        told = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
        if len(told) >= settings.PROXIES:
            address = told[-settings.PROXIES]
    if address.count(":") == 1:
        address = address.partition(":")[0]  # some proxies add the port
    try:
        found = ip_address(address.strip("[]"))
    except ValueError:
        return None
    # A listener of both kinds sees IPv4 as part of one network of IPv6.
    found = getattr(found, "ipv4_mapped", None) or found
    return str(found if found.version == 4 else ip_network((found, 64), strict=False).network_address)


class Throttle(AxesDatabaseHandler):  # type: ignore[misc]  # the library has no types
    """Five failures lock one name out at one address; ten times as many, with whatever names, lock the address out."""

    def user_login_failed(
        self, sender: str, credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any
    ) -> None:  # fmt: skip
        """Count it, and say so without the name: people type their password into the wrong field."""
        super().user_login_failed(sender, credentials, request, **kwargs)
        log.warning("A log-in failed", address=None if request is None else client_address(request))

    def get_failures(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> int:
        """Failures that count against the limit of one name at one address."""
        limit: int = get_failure_limit(request, credentials)
        named, all_of_address = (
            attempts.aggregate(n=Sum("failures_since_start"))["n"] or 0
            for attempts in self.get_user_attempts(request, credentials)
        )
        return max(named, limit if all_of_address >= settings.ADDRESS_FAILURE_LIMIT else 0)
