"""Who sees and changes which orders: the place decides, for those who are tied to places (row H9).

They see an order when something of it ships from one of their places, or is handed out there; and then all of it,
because who packs half of an order must know the other half. They change it only when no other place ships any of it.
What they may not see does not exist for them.
"""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from trivet.company.models import Location
from trivet.fulfillment.models import FulfillmentOrder
from trivet.journal.models import ExceptionItem
from trivet.lib.errors import Forbidden, NotFound
from trivet.orders.models import Order
from trivet.orders.queries.desk import OrderFilter
from trivet.orders.queries.detail import OrderView, order_view
from trivet.staff.rules import Places


def seen(places: Places) -> tuple[Q, ...]:
    """Conditions on orders that ``places`` have to do with; none for who is not tied."""
    if places is None:
        return ()
    here = FulfillmentOrder.objects.filter(order=OuterRef("pk"), location__in=places)
    return (Q(pickup_location__in=places) | Q(Exists(here)),)


def limited(wanted: OrderFilter, places: Places) -> OrderFilter:
    """``wanted``, less what cannot be seen from ``places``."""
    return replace(wanted, also=(*wanted.also, *seen(places)))


def order_at(places: Places, *, number: int | None = None, key: UUID | None = None) -> OrderView:
    """The order by number or key; :class:`NotFound` also where it cannot be seen from ``places``."""
    found = order_view(number=number, key=key)
    need_sight(places, found.row.id)
    return found


def need_sight(places: Places, order: UUID) -> None:
    """:class:`NotFound` unless the order can be seen from ``places``; one query, none for who is not tied."""
    if places is not None and not Order.objects.filter(*seen(places), id=order).exists():
        raise NotFound("there is no such order")


def need_hand(places: Places, order: UUID) -> None:
    """:class:`NotFound` unless it can be seen, :class:`Forbidden` where other places ship some of it too."""
    if places is None:
        return
    need_sight(places, order)
    work = FulfillmentOrder.objects.filter(order=order).exclude(state="cancelled")
    if work.exclude(location__in=places).exists():
        raise Forbidden("the order ships from other places too")


def cases_seen(places: Places) -> tuple[Q, ...]:
    """Conditions on exception items: about orders seen from ``places``, or stock there; none for who is not tied."""
    if places is None:
        return ()
    orders = Order.objects.filter(*seen(places)).values("id")
    codes = list(Location.objects.filter(id__in=places).values_list("code", flat=True))
    return (
        Q(subject_kind="order", subject_id__in=orders)
        | Q(subject_kind__in=["stock_level", "transfer"], facts__location__in=codes),
    )


def need_case(places: Places, item: UUID) -> None:
    """:class:`NotFound` unless the exception item can be seen from ``places``."""
    if places is not None and not ExceptionItem.objects.filter(*cases_seen(places), id=item).exists():
        raise NotFound("no such item")
