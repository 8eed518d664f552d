"""Finding orders by what people type: number, external id, e-mail, postal code, SKU, a customer's name or phone.

Each way in has an index. What lies in other tables is looked up first, up to a cap; beyond the cap the text is so
common that the newest orders that fit are found soon by walking them.
"""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Upper

from trivet.catalog.models import Variant
from trivet.customers.models import Customer, Identifier
from trivet.customers.queries.broad import begins
from trivet.customers.rules import normal_phone
from trivet.orders.models import SQUEEZED, OrderLine

CAP = 1_000
"""Rows looked up of each kind."""
SHORTEST_NAME = 3
"""Letters that a trigram index needs."""
SHORTEST_POSTAL = 3
HOME = ("GB", "VN", "US")
"""Countries whose phone numbers are understood without a country code."""

_PHONE = re.compile(r"\+?[\d\s()./-]{6,25}")
_POSTAL = re.compile(r"[A-Z]{0,3}[0-9][0-9A-Z-]{0,9}$", re.ASCII)
"""At most three letters come before the first digit of a postal code; each further way in costs a broad search time."""
_NUMBER = re.compile(r"[0-9]{1,18}", re.ASCII)


def matching(text: str) -> Q:
    """The orders that ``text`` means; one query now, for what lies in other tables."""
    text = text.strip()
    number = text.lstrip("#")
    upper = text.upper()
    found = begins(Upper("external_id"), upper) | begins(Upper("email"), upper)
    if _NUMBER.fullmatch(number):
        found |= Q(number=int(number))
    if "@" in text or text.startswith("#"):
        return found
    squeezed = upper.replace(" ", "")
    if _POSTAL.match(squeezed) and len(squeezed) >= SHORTEST_POSTAL:
        found |= begins(SQUEEZED, squeezed)
    return found | _elsewhere(text)


def _elsewhere(text: str) -> Q:
    kinds: dict[str, QuerySet[Any, tuple[str, UUID]]] = {}
    sku = Variant.objects.alias(sku_upper=Upper("sku")).filter(sku_upper=text.upper())
    sold = OrderLine.objects.filter(variant__in=sku)
    kinds["sold"] = sold.order_by("-id").values_list(Value("sold"), "order_id")
    unknown = OrderLine.objects.alias(sku_upper=Upper("sku")).filter(sku_upper=text.upper(), variant=None)
    kinds["unknown"] = unknown.order_by().values_list(Value("unknown"), "order_id")
    if len(text) >= SHORTEST_NAME and any(c.isalpha() for c in text):
        named = Customer.objects.filter(name__icontains=text)
        kinds["named"] = named.order_by().values_list(Value("named"), "id")
    if _PHONE.fullmatch(text):
        phones = {phone for land in ("", *HOME) if (phone := normal_phone(text, land))}
        called = Identifier.objects.filter(kind="phone", scope="", value__in=phones)
        kinds["called"] = called.order_by().values_list(Value("called"), "customer_id")
    parts = [part[: CAP + 1] for part in kinds.values()]
    keys: dict[str, set[UUID]] = {}
    for kind, key in parts[0].union(*parts[1:], all=True):
        keys.setdefault(kind, set()).add(key)
    found = Q()
    for kind, some in keys.items():
        if len(some) <= CAP:
            found |= Q(customer__in=some) if kind in {"named", "called"} else Q(pk__in=some)
        elif kind == "named":
            found |= Q(name__icontains=text)
        elif kind == "sold":
            found |= Q(Exists(OrderLine.objects.filter(order=OuterRef("pk"), variant__in=sku)))
        else:
            found |= Q(pk__in=unknown.values("order_id"))
    return found
