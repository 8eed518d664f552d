"""Tables of routing: policies as versioned data, the decisions made under them, and what a draft would have done."""

from __future__ import annotations

from django.contrib.postgres.indexes import BrinIndex
from django.db import models

from trivet.journal.models import Document, in_states
from trivet.lib.ids import new_id
from trivet.routing.rules.allocation import ALLOCATION, MODES, MOVE_STATES, SKIPS, WHYS
from trivet.routing.rules.simulation import SIMULATION
from trivet.routing.rules.versions import POLICY

CAUSES = ("placed", "mapped", "filled", "edited", "rebalanced")
"""When a decision is made: the order came in, one of its SKUs became known, stock came for what waited, a person
changed the order, all waiting orders were weighed at once."""
BY_RULE = CAUSES
"""Causes of decisions that the rules alone made: what a person has put to a place stays there."""


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
