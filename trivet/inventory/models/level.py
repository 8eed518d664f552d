"""Tables of stock: levels with guarded counters, the append-only ledger, reservations and allocations."""

from __future__ import annotations

from django.db import models
from django.db.models import F
from django.db.models.functions import Greatest

from trivet.inventory import rules
from trivet.lib.ids import new_id

_UNAVAILABLE = F("damaged") + F("quality_control") + F("safety_stock")
_AVAILABLE = (
    F("on_hand") - F("damaged") - F("quality_control") - F("safety_stock") - F("reserved") - F("allocated")
)


class StockLevel(models.Model):
    """Counters of one SKU at one place. Only verbs of this room change them, each change with a ledger entry."""

    id = models.BigAutoField(primary_key=True)
    variant = models.ForeignKey("catalog.Variant", on_delete=models.PROTECT, related_name="+", db_index=False)
    location = models.ForeignKey(
        "company.Location", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    on_hand = models.IntegerField(default=0)
    damaged = models.IntegerField(default=0)
    quality_control = models.IntegerField(default=0)
    safety_stock = models.IntegerField(default=0)
    reserved = models.IntegerField(default=0)
    allocated = models.IntegerField(default=0)
    incoming = models.IntegerField(default=0)
    unavailable = models.GeneratedField(
        expression=_UNAVAILABLE, output_field=models.IntegerField(), db_persist=True
    )
    available = models.GeneratedField(
        expression=_AVAILABLE, output_field=models.IntegerField(), db_persist=True
    )
    shortfall = models.GeneratedField(
        expression=Greatest(
            0,
            F("reserved")
            + F("allocated")
            + F("damaged")
            + F("quality_control")
            + F("safety_stock")
            - F("on_hand"),
        ),
        output_field=models.IntegerField(),
        db_persist=True,
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["variant", "location"], name="level_once"),
            *(
                models.CheckConstraint(condition=models.Q(**{f"{column}__gte": 0}), name=f"level_{column}")
                for column in (
                    "damaged",
                    "quality_control",
                    "safety_stock",
                    "reserved",
                    "allocated",
                    "incoming",
                )
            ),
        )
        indexes = (
            models.Index(fields=["location", "variant"], name="level_by_place"),
            models.Index(fields=["shortfall"], name="level_short", condition=models.Q(shortfall__gt=0)),
        )


class StockEntry(models.Model):
    """One signed change of one level: append-only, the counters are its sums.

    ``person`` is whose doing it was, as two-person rules count people; promises of intake have none.
    """

    id = models.BigAutoField(primary_key=True)
    variant = models.ForeignKey("catalog.Variant", on_delete=models.PROTECT, related_name="+", db_index=False)
    location = models.ForeignKey(
        "company.Location", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    at = models.DateTimeField()
    kind = models.TextField()
    on_hand = models.IntegerField(default=0)
    damaged = models.IntegerField(default=0)
    quality_control = models.IntegerField(default=0)
    safety_stock = models.IntegerField(default=0)
    reserved = models.IntegerField(default=0)
    allocated = models.IntegerField(default=0)
    incoming = models.IntegerField(default=0)
    reason = models.TextField(blank=True)
    cause_kind = models.TextField()
    cause_id = models.UUIDField()
    actor_label = models.TextField()
    person = models.TextField(blank=True, db_default="")

    class Meta:
        constraints = (
            models.CheckConstraint(condition=models.Q(kind__in=rules.ENTRY_KINDS), name="entry_kind"),
        )
        indexes = (
            models.Index(fields=["variant", "location", "id"], name="entry_level"),
            models.Index(fields=["cause_id"], name="entry_cause"),
            # What a person has written off of late; few entries of a level are that.
            models.Index(
                fields=["variant", "location", "at"],
                name="entry_written_off",
                condition=models.Q(kind__in=["adjust", "count"], on_hand__lt=0),
            ),
        )


class Reservation(models.Model):
    """A soft promise (checkout, till, quote) that ends by itself at ``expires_at``."""

    id = models.UUIDField(primary_key=True, default=new_id)
    channel = models.ForeignKey("company.Channel", on_delete=models.PROTECT, related_name="+", db_index=False)
    reference = models.TextField(blank=True)
    state = models.TextField(default=rules.RESERVATION.start)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(state__in=rules.RESERVATION.states), name="reservation_state"
            ),
        )
        indexes = (
            models.Index(fields=["expires_at"], name="reservation_due", condition=models.Q(state="active")),
        )


class ReservationLine(models.Model):
    """Units of one SKU at one place that a reservation keeps; ``sold_sku`` is what the buyer asked for."""

    id = models.UUIDField(primary_key=True, default=new_id)
    reservation = models.ForeignKey(Reservation, on_delete=models.CASCADE, related_name="+", db_index=False)
    variant = models.ForeignKey("catalog.Variant", on_delete=models.PROTECT, related_name="+", db_index=False)
    location = models.ForeignKey(
        "company.Location", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    quantity = models.IntegerField()
    sold_sku = models.TextField(blank=True)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=models.Q(quantity__gte=1), name="reservation_quantity"),
        )
        indexes = (
            models.Index(fields=["reservation"], name="reservationline_of"),
            models.Index(fields=["variant", "location"], name="reservationline_level"),
        )


class Allocation(models.Model):
    """A hard promise: units of one SKU at one place for one order line."""

    id = models.UUIDField(primary_key=True, default=new_id)
    order = models.ForeignKey("orders.Order", on_delete=models.PROTECT, related_name="+", db_index=False)
    line = models.ForeignKey("orders.OrderLine", on_delete=models.PROTECT, related_name="+", db_index=False)
    variant = models.ForeignKey("catalog.Variant", on_delete=models.PROTECT, related_name="+", db_index=False)
    location = models.ForeignKey(
        "company.Location", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    quantity = models.IntegerField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.CheckConstraint(condition=models.Q(quantity__gte=0), name="allocation_quantity"),
        )
        indexes = (
            models.Index(fields=["order"], name="allocation_order"),
            # Who is hit when a level runs short, and doctor's sums: living allocations of a level.
            models.Index(
                fields=["variant", "location"], name="allocation_level", condition=models.Q(quantity__gt=0)
            ),
        )


class BackorderLimit(models.Model):
    """How many units of a SKU may be sold beyond stock, on one channel or (without channel) on all.

    ``taken``: the units that wait now, whenever they were sold; ``available_on`` is what customers are told.
    """

    id = models.UUIDField(primary_key=True, default=new_id)
    variant = models.ForeignKey("catalog.Variant", on_delete=models.CASCADE, related_name="+", db_index=False)
    channel = models.ForeignKey(
        "company.Channel", null=True, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    limit = models.IntegerField(null=True)
    taken = models.IntegerField(default=0)
    available_on = models.DateField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["variant", "channel"], name="backorder_once", nulls_distinct=False
            ),
            models.CheckConstraint(condition=models.Q(taken__gte=0), name="backorder_taken"),
        )


class AdjustmentRequest(models.Model):
    """A write-off above the limit: waits for a second person before it touches the ledger."""

    id = models.UUIDField(primary_key=True, default=new_id)
    variant = models.ForeignKey("catalog.Variant", on_delete=models.CASCADE, related_name="+", db_index=False)
    location = models.ForeignKey(
        "company.Location", on_delete=models.CASCADE, related_name="+", db_index=False
    )
    change = models.IntegerField()
    reason = models.TextField()
    note = models.TextField(blank=True)
    value_minor = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3, blank=True)
    state = models.TextField(default="waiting")
    asked_by = models.TextField()
    asked_label = models.TextField()
    asked_at = models.DateTimeField()
    answered_by = models.TextField(blank=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(state__in=["waiting", "approved", "declined"]),
                name="adjustmentrequest_state",
            ),
            models.CheckConstraint(
                condition=~models.Q(answered_by=models.F("asked_by")), name="adjustmentrequest_two_people"
            ),
        )
