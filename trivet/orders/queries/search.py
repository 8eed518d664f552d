"""Finding orders by what people type: number, external id, e-mail, postal code, SKU, a customer's name or phone.

Each way in has an index, and a second form that is quick to ask of one order.
"""

from __future__ import annotations

import re

from django.db.models import BooleanField, OuterRef, Q, Subquery, Value
from django.db.models.functions import Upper

from trivet.catalog.models import Variant
from trivet.catalog.rules import sku_key
from trivet.customers.models import Customer, Identifier
from trivet.customers.queries.broad import Way, begins, same
from trivet.customers.queries.desk import named, phones
from trivet.lib.letters import capitals
from trivet.orders.models import SQUEEZED, OrderLine

SHORTEST_POSTAL = 3
_PHONE = re.compile(r"\+?[\d\s()./-]{6,25}")
_POSTAL = re.compile(r"[A-Z]{0,3}[0-9][0-9A-Z-]{0,9}$", re.ASCII)
"""At most three letters come before the first digit of a postal code; each further way in costs a broad search time."""
_NUMBER = re.compile(r"[0-9]{1,18}", re.ASCII)


def ways(text: str) -> list[Way]:
    """What ``text`` may mean of an order; one query now, for what the catalog calls by it."""
    text = text.strip()
    number = text.lstrip("#")
    upper = capitals(text)
    found = [same(begins(Upper("external_id"), upper)), same(begins(Upper("email"), upper))]
    if _NUMBER.fullmatch(number):
        found.append(same(Q(number=int(number))))
    if "@" in text or text.startswith("#"):
        return found
    squeezed = upper.replace(" ", "")
    if _POSTAL.match(squeezed) and len(squeezed) >= SHORTEST_POSTAL:
        found.append(same(begins(SQUEEZED, squeezed)))
    if _PHONE.fullmatch(text):
        called = Identifier.objects.filter(kind="phone", scope="", value__in=phones(text))
        found.append(same(Q(customer__in=called.values("customer_id"))))
    return [*found, *_sold(text), *_bought_by(text)]


def _sold(sku: str) -> list[Way]:
    key = sku_key(sku)
    unknown = OrderLine.objects.filter(waits_for=key, variant=None)
    found = [same(Q(pk__in=unknown.values("order_id")))]
    variants = list(Variant.objects.filter(key=key).values_list("pk", flat=True))
    if variants:
        lines = OrderLine.objects.filter(variant__in=variants)
        of_row = lines.filter(order=OuterRef("pk")).values(is_one=Value(True))
        found.append(Way(Q(pk__in=lines.values("order_id")), Q(Subquery(of_row[:1], BooleanField()))))
    return found


def _bought_by(name: str) -> list[Way]:
    if not any(c.isalpha() for c in name):
        return []
    people = Customer.objects.filter(named(name))
    of_row = people.filter(pk=OuterRef("customer_id")).values(is_one=Value(True))
    return [Way(Q(customer__in=people.values("pk")), Q(Subquery(of_row[:1], BooleanField())))]
