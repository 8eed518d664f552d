"""Tables of routing: policies as versioned data, the decisions made under them, and what a draft would have done."""

from __future__ import annotations

from django.contrib.postgres.indexes import BrinIndex
from django.db import models

from trivet.journal.models import Document, in_states
from trivet.lib.ids import new_id
from trivet.routing.rules.simulation import SIMULATION
from trivet.routing.rules.versions import POLICY

CAUSES = ("placed", "mapped", "filled")
"""When a decision is made: the order came in, one of its SKUs became known, stock came for what waited."""


class RoutingPolicy(models.Model):
    """A policy: a draft that people work on, or a version with its number; of those stored the latest in force counts.

    ``edition`` counts the changes of a draft, ``base`` is the newest version when it was begun, ``repeats`` the version
    whose content it took over. ``unsimulated`` says why it was stored without a finished simulation.
    """

    id = models.UUIDField(primary_key=True, default=new_id)
    version = models.IntegerField(unique=True, null=True)
    state = models.TextField(default=POLICY.start)
    rules = models.JSONField()
    active_from = models.DateTimeField(null=True)
    note = models.TextField(blank=True)
    made_by = models.TextField()
    made_at = models.DateTimeField()
    edition = models.IntegerField(default=1)
    base = models.IntegerField(default=0)
    repeats = models.IntegerField(null=True)
    changed_by = models.TextField(blank=True)
    changed_at = models.DateTimeField(null=True)
    stored_by = models.TextField(blank=True)
    stored_at = models.DateTimeField(null=True)
    simulation = models.ForeignKey(
        "routing.Simulation", on_delete=models.PROTECT, related_name="+", null=True
    )
    unsimulated = models.TextField(blank=True)
    withdrawn_by = models.TextField(blank=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=in_states(POLICY), name="routing_policy_state"),
            models.CheckConstraint(
                condition=models.Q(state="draft", version__isnull=True)
                | models.Q(state="stored", version__isnull=False, active_from__isnull=False)
                | models.Q(state="withdrawn"),
                name="routing_policy_numbered",
            ),
        )


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
        indexes = (
            models.Index(fields=["order", "at"], name="decision_order"),
            # For the decisions of a time. Rows lie in that order, so that a summary of their blocks does, at no price.
            BrinIndex(fields=["at"], name="decision_when", autosummarize=True, pages_per_range=32),
        )


class Simulation(models.Model):
    """The orders of a time planned again: by the policy in force (``against``) and by a draft, as it was then.

    ``kind``: ``past`` (orders of ``begin`` to ``until``) or ``shadow`` (each order from ``begin`` on, as it comes in;
    ``position`` is the last decision that was looked at). ``result`` are the sums of both sides.
    """

    id = models.UUIDField(primary_key=True, default=new_id)
    policy = models.ForeignKey(RoutingPolicy, on_delete=models.CASCADE, related_name="+")
    kind = models.TextField(default="past")
    edition = models.IntegerField()
    rules = models.JSONField()
    against = models.IntegerField()
    against_rules = models.JSONField()
    begin = models.DateTimeField()
    until = models.DateTimeField()
    target_days = models.IntegerField()
    state = models.TextField(default=SIMULATION.start)
    done = models.IntegerField(default=0)
    total = models.IntegerField(default=0)
    result = models.JSONField(null=True)
    error = models.TextField(blank=True)
    position = models.UUIDField(null=True)
    asked_by = models.TextField()
    asked_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=in_states(SIMULATION), name="simulation_state"),
            models.CheckConstraint(condition=models.Q(kind__in=["past", "shadow"]), name="simulation_kind"),
            # Two people who press the button get one shadow run of a draft.
            models.UniqueConstraint(
                fields=["policy"], condition=models.Q(kind="shadow", state="running"), name="shadow_once"
            ),
        )
        indexes = (models.Index(fields=["-asked_at"], name="simulation_newest"),)


class SimulatedOrder(models.Model):
    """An order that a simulated policy ships otherwise; ``plans``: both, with the stock that each saw."""

    id = models.BigAutoField(primary_key=True)
    simulation = models.ForeignKey(Simulation, on_delete=models.CASCADE, related_name="+", db_index=False)
    decision = models.ForeignKey(RoutingDecision, on_delete=models.CASCADE, related_name="+", db_index=False)
    plans = Document()

    class Meta:
        indexes = (models.Index(fields=["simulation", "id"], name="simulated_orders"),)
