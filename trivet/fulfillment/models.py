"""Tables of fulfillment orders."""

from __future__ import annotations

from django.db import models

from trivet.fulfillment.rules import FULFILLMENT_ORDER
from trivet.lib.ids import new_id


class FulfillmentOrder(models.Model):
    """The units of one order that one place is to ship. Written ``#<order number>-F<sequence>``."""

    id = models.UUIDField(primary_key=True, default=new_id)
    order = models.ForeignKey("orders.Order", on_delete=models.PROTECT, related_name="+", db_index=False)
    location = models.ForeignKey(
        "company.Location", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    sequence = models.SmallIntegerField()
    method = models.TextField(blank=True)
    state = models.TextField(default=FULFILLMENT_ORDER.start)
    fulfill_at = models.DateTimeField(null=True)
    dispatch_by = models.DateTimeField(null=True)
    units = models.IntegerField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["order", "sequence"], name="fulfillmentorder_sequence"),
            models.CheckConstraint(
                condition=models.Q(state__in=FULFILLMENT_ORDER.states), name="fulfillmentorder_state"
            ),
            models.CheckConstraint(condition=models.Q(units__gte=0), name="fulfillmentorder_units"),
        )
        indexes = (
            # Work of a place: only what is not finished.
            models.Index(
                fields=["location", "dispatch_by"], name="fulfillmentorder_work",
                condition=models.Q(state__in=["scheduled", "open", "on_hold", "in_progress"]),
            ),
            # What is late, most late first; a page of the list walks it from the start.
            models.Index(
                fields=["dispatch_by", "order"], name="fulfillmentorder_late",
                condition=models.Q(state__in=["open", "in_progress"]),
            ),
            # How much leaves a place by day, finished or not.
            models.Index(fields=["location", "dispatch_by"], name="fulfillmentorder_load"),
        )  # fmt: skip


class FulfillmentOrderLine(models.Model):
    """Units of one allocation; ``quantity`` as planned, ``cancelled`` is what was cut since."""

    id = models.UUIDField(primary_key=True, default=new_id)
    fulfillment_order = models.ForeignKey(
        FulfillmentOrder, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    allocation = models.ForeignKey(
        "inventory.Allocation", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    line = models.ForeignKey("orders.OrderLine", on_delete=models.PROTECT, related_name="+", db_index=False)
    variant = models.ForeignKey("catalog.Variant", on_delete=models.PROTECT, related_name="+", db_index=False)
    quantity = models.IntegerField()
    cancelled = models.IntegerField(default=0)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(quantity__gte=models.F("cancelled"), cancelled__gte=0),
                name="fulfillmentorderline_units",
            ),
        )
        indexes = (
            models.Index(fields=["fulfillment_order"], name="fulfillmentorderline_of"),
            models.Index(fields=["allocation"], name="fulfillmentorderline_from"),
        )
