"""Tables of routing: policies as versioned data and the decisions made under them."""

from __future__ import annotations

from django.db import models

from trivet.journal.models import Document
from trivet.lib.ids import new_id
from trivet.routing.rules.allocation import ALLOCATION, MODES, MOVE_STATES, SKIPS, WHYS

CAUSES = ("placed", "mapped", "filled", "rebalanced")
"""When a decision is made: the order came in, one of its SKUs became known, stock came for what waited, all waiting
orders were weighed at once."""
BY_RULE = CAUSES
"""Causes of decisions that the rules alone made: what a person has put to a place stays there."""


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


class AllocationSetting(models.Model):
    """When all waiting orders are weighed by themselves, and on what terms. One row; without it, never.

    ``move_cost_minor`` is what moving an order must save at least, in the currency of the routing policy; ``seconds``
    what the solver may take. ``at`` is the time of day of ``timezone`` in mode ``daily``.
    """

    id = models.SmallIntegerField(primary_key=True, default=1)
    mode = models.TextField(default="off")
    every_minutes = models.IntegerField(default=60)
    at = models.TimeField(null=True)
    timezone = models.TextField(default="UTC")
    move_cost_minor = models.BigIntegerField(default=30)
    seconds = models.IntegerField(default=30)
    last_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=models.Q(id=1), name="allocation_setting_one_row"),
            models.CheckConstraint(condition=models.Q(mode__in=MODES), name="allocation_setting_mode"),
        )


class AllocationRun(models.Model):
    """One weighing of all waiting orders. Costs in minor units of ``currency``, of all orders together.

    ``cost_before`` as they were, ``cost_greedy`` when each in turn is planned anew against what is free, ``cost_after``
    as proposed; ``bound``: no allocation with its moves costs less. ``gap`` is in millionths. ``by_itself``: it was
    the clock's turn; ``apply_at_once``: nobody asked to see it first.
    """

    id = models.UUIDField(primary_key=True, default=new_id)
    state = models.TextField(default=ALLOCATION.start)
    made_by = models.TextField()
    by_itself = models.BooleanField(default=False)
    apply_at_once = models.BooleanField(default=False)
    asked_at = models.DateTimeField()
    planned_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    policy_version = models.IntegerField(null=True)
    currency = models.CharField(max_length=3, blank=True)
    orders = models.IntegerField(default=0)
    cost_before_minor = models.BigIntegerField(default=0)
    cost_greedy_minor = models.BigIntegerField(default=0)
    cost_after_minor = models.BigIntegerField(default=0)
    bound_minor = models.BigIntegerField(default=0)
    move_cost_minor = models.BigIntegerField(default=0)
    gap = models.IntegerField(default=0)
    milliseconds = models.IntegerField(default=0)
    settled = models.IntegerField(default=0)
    solver = models.TextField(blank=True)
    proposed = models.IntegerField(default=0)
    moved = models.IntegerField(default=0)
    skipped = models.IntegerField(default=0)
    saved_minor = models.BigIntegerField(default=0)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=models.Q(state__in=ALLOCATION.states), name="allocation_state"),
        )
        indexes = (models.Index(fields=["-asked_at", "-id"], name="allocation_newest"),)


class AllocationMove(models.Model):
    """An order that a run moves: from where to where, what that saves, why, and what became of it.

    ``batch``: moves that need each other's units are made together. ``origin`` and ``target``: units by code of
    place. ``content``: what it was planned on, and the units by line. ``saving_minor`` is below zero for an order that
    makes way for ``for_orders`` (numbers).
    """

    id = models.UUIDField(primary_key=True, default=new_id)
    run = models.ForeignKey(AllocationRun, on_delete=models.CASCADE, related_name="+", db_index=False)
    order = models.ForeignKey("orders.Order", on_delete=models.CASCADE, related_name="+", db_index=False)
    batch = models.IntegerField()
    origin = models.JSONField()
    target = models.JSONField()
    before_minor = models.BigIntegerField()
    after_minor = models.BigIntegerField()
    saving_minor = models.BigIntegerField()
    why = models.TextField()
    for_orders = models.JSONField(default=list)
    state = models.TextField(default="proposed")
    skip = models.TextField(blank=True)
    content = Document()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["run", "order"], name="allocation_move_once"),
            models.CheckConstraint(condition=models.Q(state__in=MOVE_STATES), name="allocation_move_state"),
            models.CheckConstraint(condition=models.Q(why__in=WHYS), name="allocation_move_why"),
            models.CheckConstraint(condition=models.Q(skip__in=("", *SKIPS)), name="allocation_move_skip"),
        )
        indexes = (models.Index(fields=["run", "batch", "id"], name="allocation_move_of"),)
