"""What each permission lets one do, in words."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

PERMISSIONS: dict[str, Any] = {
    "order.view": _("See orders"),
    "order.place": _("Place orders"),
    "order.edit": _("Change orders"),
    "order.cancel": _("Cancel orders or units of them"),
    "order.hold": _("Hold and release orders"),
    "order.allocate": _("Weigh all waiting orders at once and move them"),
    "customer.view": _("See customers"),
    "customer.edit": _("Change and join customers"),
    "payment.view": _("See payments"),
    "payment.record": _("Record payments and refunds"),
    "stock.view": _("See stock and its ledger"),
    "stock.reserve": _("Reserve stock for a while"),
    "stock.adjust": _("Adjust and count stock"),
    "stock.receive": _("Receive goods"),
    "stock.approve": _("Confirm large adjustments"),
    "stock.transfer": _("Send goods from place to place"),
    "catalog.view": _("See products"),
    "catalog.edit": _("Change products and map codes"),
    "exception.view": _("See the exception desk"),
    "exception.resolve": _("Settle cases of the exception desk"),
    "import.run": _("Import files"),
    "event.read": _("Read the change feed"),
    "settings.view": _("See settings"),
    "settings.edit": _("Change places, channels and routing"),
    "staff.edit": _("Manage people and keys"),
}

EVERYTHING = _("Everything but managing people")


def permission(scope: str) -> str:
    """A permission or the scope of a key (``*``) in words."""
    return str(EVERYTHING if scope == "*" else PERMISSIONS.get(scope, scope))
