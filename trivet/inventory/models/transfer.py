"""Tables of transfers: what goes from one place to another, and each arrival."""

from __future__ import annotations

from django.db import models
from django.db.models import F
from django.db.models.functions import Greatest

from trivet.inventory.rules.transfer import TRANSFER
from trivet.lib.ids import new_id


class Transfer(models.Model):
    """Goods that go from one place to another. ``*_by`` are people as two-person rules count them."""

    id = models.UUIDField(primary_key=True, default=new_id)
    number = models.BigIntegerField(unique=True)
    source = models.ForeignKey("company.Location", on_delete=models.PROTECT, related_name="+", db_index=False)
    destination = models.ForeignKey(
        "company.Location", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    state = models.TextField(default=TRANSFER.start)
    note = models.TextField(blank=True)
    expected_on = models.DateField(null=True)
    created_at = models.DateTimeField()
    created_label = models.TextField()
    shipped_at = models.DateTimeField(null=True)
    shipped_by = models.TextField(blank=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=models.Q(state__in=TRANSFER.states), name="transfer_state"),
            models.CheckConstraint(condition=~models.Q(source=F("destination")), name="transfer_two_places"),
        )
        indexes = (
            # The desk lists what is open; most transfers are history.
            models.Index(
                fields=["number"],
                name="transfer_open",
                condition=~models.Q(state__in=["received", "cancelled"]),
            ),
        )


class TransferLine(models.Model):
    """Units of one SKU of a transfer; ``in_transit`` is on hand at neither end."""

    id = models.UUIDField(primary_key=True, default=new_id)
    transfer = models.ForeignKey(Transfer, on_delete=models.CASCADE, related_name="+", db_index=False)
    variant = models.ForeignKey("catalog.Variant", on_delete=models.PROTECT, related_name="+", db_index=False)
    planned = models.IntegerField(default=0)
    shipped = models.IntegerField(default=0)
    received = models.IntegerField(default=0)
    damaged = models.IntegerField(default=0)
    missing = models.IntegerField(default=0)
    in_transit = models.GeneratedField(
        expression=Greatest(0, F("shipped") - F("received") - F("damaged") - F("missing")),
        output_field=models.IntegerField(), db_persist=True,
    )  # fmt: skip

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["transfer", "variant"], name="transferline_once"),
            *(
                models.CheckConstraint(
                    condition=models.Q(**{f"{column}__gte": 0}), name=f"transferline_{column}"
                )
                for column in ("planned", "shipped", "received", "damaged", "missing")
            ),
        )
        indexes = (
            # What is expected of a SKU, and the doctor's sums.
            models.Index(
                fields=["variant"], name="transferline_coming", condition=models.Q(in_transit__gt=0)
            ),
        )


class TransferReceipt(models.Model):
    """One arrival. The same ``reference`` again is the same arrival, whoever sends it and how often."""

    id = models.UUIDField(primary_key=True, default=new_id)
    transfer = models.ForeignKey(Transfer, on_delete=models.CASCADE, related_name="+", db_index=False)
    reference = models.TextField()
    at = models.DateTimeField()
    actor_label = models.TextField()
    arrived = models.JSONField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["transfer", "reference"], name="transferreceipt_once"),
        )
