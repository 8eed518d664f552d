"""The ledger of money: one row a transaction, captures and voids bounded by their authorisation."""

from __future__ import annotations

from django.db import models

from trivet.lib.ids import new_id

KINDS = ("authorize", "capture", "void", "refund")


class Payment(models.Model):
    """One movement of money for one order. ``used_minor``: how much of an authorisation is captured or voided,
    or how much of a capture is refunded."""

    id = models.UUIDField(primary_key=True, default=new_id)
    order = models.ForeignKey("orders.Order", on_delete=models.PROTECT, related_name="+", db_index=False)
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.TextField()
    method = models.TextField()
    gateway = models.TextField()
    reference = models.TextField(blank=True)
    amount_minor = models.BigIntegerField()
    used_minor = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3)
    at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    expired = models.BooleanField(default=False)
    actor_label = models.TextField()

    class Meta:
        constraints = (
            models.CheckConstraint(condition=models.Q(kind__in=KINDS), name="payment_kind"),
            models.CheckConstraint(condition=models.Q(amount_minor__gt=0), name="payment_amount"),
            # Void and refund are of something, an authorisation stands alone; only that ends.
            models.CheckConstraint(
                condition=models.Q(kind="authorize", parent__isnull=True)
                | models.Q(kind="capture", expires_at__isnull=True, expired=False)
                | models.Q(
                    kind__in=("void", "refund"), parent__isnull=False, expires_at__isnull=True, expired=False
                ),
                name="payment_shape",
            ),
            models.CheckConstraint(
                condition=models.Q(used_minor__gte=0, used_minor__lte=models.F("amount_minor")),
                name="payment_used",
            ),
            models.UniqueConstraint(
                fields=["order", "gateway", "reference", "kind"],
                name="payment_once",
                condition=~models.Q(reference=""),
            ),
        )
        indexes = (
            models.Index(fields=["order", "id"], name="payment_order"),
            models.Index(
                fields=["expires_at"], name="payment_expiring",
                condition=models.Q(
                    kind="authorize", expired=False, expires_at__isnull=False, used_minor__lt=models.F("amount_minor")
                ),
            ),
        )  # fmt: skip
