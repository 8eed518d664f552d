"""Tables of routing: policies as versioned data and the decisions made under them."""

from __future__ import annotations

from django.db import models

from trivet.journal.models import Document
from trivet.lib.ids import new_id

CAUSES = ("placed", "mapped", "filled", "edited")
"""When a decision is made: the order came in, one of its SKUs became known, stock came for what waited, or a person
changed the order."""


class RoutingPolicy(models.Model):
    """A version of the routing policy; the highest version whose ``active_from`` has come is live."""

    id = models.UUIDField(primary_key=True, default=new_id)
    version = models.IntegerField(unique=True)
    rules = models.JSONField()
    active_from = models.DateTimeField()
    note = models.TextField(blank=True)
    made_by = models.TextField()
    made_at = models.DateTimeField()


class RoutingDecision(models.Model):
    """Why an order ships from where it does: inputs, candidates, cost terms and what would have changed it."""

    id = models.UUIDField(primary_key=True, default=new_id)
    order = models.ForeignKey("orders.Order", on_delete=models.CASCADE, related_name="+", db_index=False)
    policy_version = models.IntegerField()
    at = models.DateTimeField()
    exact = models.BooleanField()
    cause = models.TextField(db_default="placed")
    explanation = Document()

    class Meta:
        constraints = (models.CheckConstraint(condition=models.Q(cause__in=CAUSES), name="decision_cause"),)
        indexes = (models.Index(fields=["order", "at"], name="decision_order"),)
