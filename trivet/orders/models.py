"""Tables of orders. Money is frozen as sold; status columns are generated from counters and sums."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.expressions import RawSQL
from django.db.models.functions import Replace, Upper

from trivet.lib.ids import new_id
from trivet.orders.rules import expressions
from trivet.orders.rules.holds import HOLD_KINDS

NOT_NEGATIVE = (
    "units", "units_cancelled", "units_allocated", "units_backordered", "units_in_progress", "units_shipped",
    "units_delivered", "units_exception", "units_returned", "holds_open", "total_minor", "cancelled_minor",
    "excess_minor",
    "authorized_minor", "voided_minor", "expired_minor", "captured_minor", "refunded_minor",
)  # fmt: skip

SQUEEZED = Upper(
    Replace("postal_code", models.Value(" "), models.Value(""), output_field=models.TextField()),
    output_field=models.TextField(),
)
"""A postal code as it is searched: in capitals, without blanks."""


OWED = models.Q(
    captured_minor__gt=models.F("refunded_minor") + models.F("total_minor") - models.F("cancelled_minor")
)
"""More was received and kept than the order costs after what was cancelled: the rest is to be paid back."""


class Order(models.Model):
    """One order of one channel. Counters and sums change only through verbs of this room.

    ``excess_minor``: what was captured beyond the total before an edit made the order cheaper.
    """

    id = models.UUIDField(primary_key=True, default=new_id)
    number = models.BigIntegerField(unique=True)
    channel = models.ForeignKey("company.Channel", on_delete=models.PROTECT, related_name="+", db_index=False)
    external_id = models.TextField()
    digest = models.TextField()
    customer = models.ForeignKey(
        "customers.Customer", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    placed_at = models.DateTimeField()
    received_at = models.DateTimeField()
    currency = models.CharField(max_length=3)

    email = models.TextField(blank=True)
    name = models.TextField(blank=True)
    country = models.CharField(max_length=2, blank=True)
    postal_code = models.TextField(blank=True)
    ship_to = models.JSONField(default=dict)
    bill_to = models.JSONField(null=True)
    pickup_location = models.ForeignKey(
        "company.Location", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    shipping_method = models.TextField(blank=True)

    items_minor = models.BigIntegerField()
    discount_minor = models.BigIntegerField(default=0)
    added_tax_minor = models.BigIntegerField(default=0)
    included_tax_minor = models.BigIntegerField(default=0)
    shipping_minor = models.BigIntegerField(default=0)
    shipping_discount_minor = models.BigIntegerField(default=0)
    shipping_tax_minor = models.BigIntegerField(default=0)
    shipping_tax_included = models.BooleanField(default=True)
    total_minor = models.BigIntegerField()
    cancelled_minor = models.BigIntegerField(default=0)
    excess_minor = models.BigIntegerField(default=0, db_default=0)
    shop_money = models.JSONField(null=True)

    authorized_minor = models.BigIntegerField(default=0)
    voided_minor = models.BigIntegerField(default=0)
    expired_minor = models.BigIntegerField(default=0)
    captured_minor = models.BigIntegerField(default=0)
    refunded_minor = models.BigIntegerField(default=0)

    units = models.IntegerField()
    units_cancelled = models.IntegerField(default=0)
    units_allocated = models.IntegerField(default=0)
    units_backordered = models.IntegerField(default=0)
    units_in_progress = models.IntegerField(default=0)
    units_shipped = models.IntegerField(default=0)
    units_delivered = models.IntegerField(default=0)
    units_exception = models.IntegerField(default=0)
    units_returned = models.IntegerField(default=0)
    holds_open = models.IntegerField(default=0)

    is_draft = models.BooleanField(default=False)
    tracked = models.BooleanField(default=True)
    scheduled = models.BooleanField(default=False)
    on_shortage = models.TextField(default="backorder")
    ship_together = models.BooleanField(default=False)
    never_split_lines = models.BooleanField(default=True)
    fulfill_at = models.DateTimeField(null=True)
    gift = models.BooleanField(default=False, db_default=False)
    gift_message = models.TextField(blank=True, default="", db_default="")
    tags = ArrayField(models.TextField(), default=list)
    note = models.TextField(blank=True)
    invented = models.BooleanField(default=False)
    version = models.IntegerField(default=1)

    lifecycle = models.GeneratedField(
        expression=RawSQL(expressions.LIFECYCLE, ()), output_field=models.TextField(), db_persist=True
    )
    payment_status = models.GeneratedField(
        expression=RawSQL(expressions.PAYMENT, ()), output_field=models.TextField(), db_persist=True
    )
    fulfillment_status = models.GeneratedField(
        expression=RawSQL(expressions.FULFILLMENT, ()), output_field=models.TextField(), db_persist=True
    )
    delivery_status = models.GeneratedField(
        expression=RawSQL(expressions.DELIVERY, ()), output_field=models.TextField(), db_persist=True
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["channel", "external_id"], name="order_once"),
            *(
                models.CheckConstraint(condition=models.Q(**{f"{column}__gte": 0}), name=f"order_{column}")
                for column in NOT_NEGATIVE
            ),
            models.CheckConstraint(
                condition=models.Q(
                    units__gte=models.F("units_cancelled")
                    + models.F("units_allocated")
                    + models.F("units_backordered")
                    + models.F("units_shipped")
                ),
                name="order_units_add_up",
            ),
            models.CheckConstraint(
                condition=models.Q(refunded_minor__lte=models.F("captured_minor")), name="order_refund_cap"
            ),
            models.CheckConstraint(
                condition=models.Q(captured_minor__lte=models.F("total_minor") + models.F("excess_minor")),
                name="order_capture_cap",
            ),
        )
        indexes = (
            # The order list, newest first, and by customer.
            models.Index(fields=["-placed_at", "-id"], name="order_newest"),
            models.Index(fields=["customer", "-placed_at"], name="order_customer"),
            # Work lists look at living orders only, which stay few while history grows.
            models.Index(
                fields=["placed_at", "id"], name="order_living",
                condition=models.Q(lifecycle__in=["draft", "open"]),
            ),
            # What is not paid, and what is not shipped, is rare among a million orders that are.
            models.Index(
                fields=["payment_status", "-placed_at", "-id"], name="order_unsettled",
                condition=~models.Q(payment_status="paid"),
            ),
            models.Index(
                fields=["fulfillment_status", "-placed_at", "-id"], name="order_unfinished",
                condition=~models.Q(fulfillment_status__in=["fulfilled", "external"]),
            ),
            # Money that is owed to customers waits for somebody to pay it back.
            models.Index(fields=["-placed_at", "-id"], name="order_owed", condition=OWED),
            # Scheduled orders come due by this; few wait at any time.
            models.Index(fields=["fulfill_at"], name="order_due", condition=models.Q(scheduled=True)),
            # Search by the external id, e-mail and postal code as typed, in any case.
            models.Index(OpClass(Upper("external_id"), "text_pattern_ops"), name="order_external"),
            models.Index(OpClass(Upper("email"), "text_pattern_ops"), name="order_email"),
            models.Index(OpClass(SQUEEZED, "text_pattern_ops"), name="order_postal"),
            GinIndex(fields=["tags"], name="order_tags", condition=~models.Q(tags=[])),
        )  # fmt: skip


class OrderLine(models.Model):
    """A line as sold. ``paid_minor`` is what it cost the customer, with tax; units count whole bundles.

    ``waits_for`` is what the channel calls it (the catalogue's key of a line) while nobody knows which SKU is meant.
    """

    id = models.UUIDField(primary_key=True, default=new_id)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="+", db_index=False)
    position = models.IntegerField()
    external_id = models.TextField()
    sku = models.TextField(blank=True)
    variant = models.ForeignKey(
        "catalog.Variant", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    waits_for = models.TextField(null=True)
    title = models.TextField(blank=True)
    quantity = models.IntegerField()
    unit_price_minor = models.BigIntegerField()
    discount_minor = models.BigIntegerField(default=0)
    order_discount_minor = models.BigIntegerField(default=0)
    tax_minor = models.BigIntegerField(default=0)
    tax_included = models.BooleanField(default=True)
    paid_minor = models.BigIntegerField()
    cancelled = models.IntegerField(default=0)
    allocated = models.IntegerField(default=0)
    backordered = models.IntegerField(default=0)
    in_progress = models.IntegerField(default=0)
    shipped = models.IntegerField(default=0)
    delivered = models.IntegerField(default=0)
    returned = models.IntegerField(default=0)
    backorder_from = models.DateField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["order", "position"], name="line_position"),
            models.CheckConstraint(condition=models.Q(quantity__gte=1), name="line_quantity"),
            *(
                models.CheckConstraint(condition=models.Q(**{f"{column}__gte": 0}), name=f"line_{column}")
                for column in (
                    "cancelled",
                    "allocated",
                    "backordered",
                    "in_progress",
                    "shipped",
                    "paid_minor",
                )
            ),
            models.CheckConstraint(
                condition=models.Q(
                    quantity__gte=models.F("cancelled")
                    + models.F("allocated")
                    + models.F("backordered")
                    + models.F("shipped")
                ),
                name="line_units_add_up",
            ),
            models.CheckConstraint(
                condition=models.Q(variant__isnull=False) | models.Q(waits_for__isnull=False),
                name="line_sold_or_waits",
            ),
        )
        indexes = (
            # Backorders are filled by promise date, then age; few lines wait at any time.
            models.Index(
                fields=["variant", "backorder_from", "id"], name="line_backordered",
                condition=models.Q(backordered__gt=0),
            ),
            # Waiting for a mapping: lines whose SKU nobody knows yet.
            models.Index(fields=["waits_for"], name="line_unmapped", condition=models.Q(variant__isnull=True)),
            models.Index(fields=["variant"], name="line_variant"),
        )  # fmt: skip


class LineComponent(models.Model):
    """What a bundle line held when it was sold: pinned, whatever becomes of the bundle."""

    id = models.UUIDField(primary_key=True, default=new_id)
    line = models.ForeignKey(OrderLine, on_delete=models.CASCADE, related_name="+", db_index=False)
    variant = models.ForeignKey("catalog.Variant", on_delete=models.PROTECT, related_name="+", db_index=False)
    quantity = models.IntegerField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["line", "variant"], name="line_component_once"),
            models.CheckConstraint(condition=models.Q(quantity__gte=1), name="line_component_quantity"),
        )


class TaxLine(models.Model):
    """A tax as received from the channel, for one line or (without line) for shipping."""

    id = models.UUIDField(primary_key=True, default=new_id)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="+", db_index=False)
    line = models.ForeignKey(OrderLine, null=True, on_delete=models.CASCADE, related_name="+", db_index=False)
    title = models.TextField(blank=True)
    rate = models.DecimalField(max_digits=12, decimal_places=8)
    amount_minor = models.BigIntegerField()
    jurisdiction = models.TextField(blank=True)
    marketplace = models.BooleanField(default=False)

    class Meta:
        indexes = (models.Index(fields=["order"], name="taxline_order"),)


class Adjustment(models.Model):
    """A line's frozen share of one order discount (rule R2)."""

    id = models.UUIDField(primary_key=True, default=new_id)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="+", db_index=False)
    line = models.ForeignKey(OrderLine, null=True, on_delete=models.CASCADE, related_name="+", db_index=False)
    code = models.TextField(blank=True)
    amount_minor = models.BigIntegerField()

    class Meta:
        indexes = (models.Index(fields=["order"], name="adjustment_order"),)


class Hold(models.Model):
    """A reason why the order must not move on; open until released or expired."""

    id = models.UUIDField(primary_key=True, default=new_id)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="+", db_index=False)
    kind = models.TextField()
    handle = models.TextField(blank=True)
    reason = models.TextField(blank=True)
    owner = models.TextField(blank=True)
    placed_at = models.DateTimeField()
    placed_by = models.TextField()
    expires_at = models.DateTimeField(null=True)
    released_at = models.DateTimeField(null=True)
    released_by = models.TextField(blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["order", "kind", "handle"],
                name="hold_once",
                condition=models.Q(released_at__isnull=True),
            ),
            models.CheckConstraint(condition=models.Q(kind__in=HOLD_KINDS), name="hold_kind"),
        )
        indexes = (
            models.Index(
                fields=["kind", "placed_at"], name="hold_open", condition=models.Q(released_at__isnull=True)
            ),
            models.Index(fields=["order"], name="hold_order"),
        )


class OrderChange(models.Model):
    """A change after placing (a cancellation or an edit), numbered by the order's version that it made.

    ``value_minor`` is by how much it moved what is cancelled of the order.
    """

    id = models.UUIDField(primary_key=True, default=new_id)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="+", db_index=False)
    version = models.IntegerField()
    kind = models.TextField()
    reason = models.TextField(blank=True)
    value_minor = models.BigIntegerField(default=0)
    content = models.JSONField(default=dict)
    at = models.DateTimeField()
    actor_label = models.TextField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["order", "version"], name="change_version"),)
