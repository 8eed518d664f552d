"""Simulations: asked for, begun, noted, finished, stopped. What they find is kept apart from decisions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from trivet.journal.actions import record
from trivet.journal.rules import Actor
from trivet.lib.bulk import BulkInsert
from trivet.lib.errors import Invalid, NotFound, WrongState
from trivet.lib.ids import new_id
from trivet.routing.models import RoutingPolicy, SimulatedOrder, Simulation
from trivet.routing.queries.versions import everything, policy_rules
from trivet.routing.rules.compare import Comparison, Otherwise
from trivet.routing.rules.simulation import SIMULATION
from trivet.routing.rules.worlds import Outcome

LONGEST_WEEKS = 520
LONGEST_TARGET = 30
LISTS_KEPT = 10
"""Simulations whose lists of orders are kept; the sums of all are."""
FAULT = "A fault of ours. It is tried again by itself; the exception desk tells when that ends."
SHADOW_LIST = 10_000
"""Orders of a shadow run that are kept one by one; beyond, they are only counted."""
_START = datetime(2000, 1, 1, tzinfo=UTC)
_ROWS = BulkInsert(
    "routing_simulatedorder", {"simulation_id": "uuid", "decision_id": "uuid", "plans": "json"}
)


def ask(key: UUID, *, edition: int, weeks: int | None, target_days: int, by: Actor, now: datetime) -> UUID:
    """A simulation of a draft in its ``edition`` that waits for a worker; its key. In the caller's transaction.

    :class:`WrongState` when the draft has changed, or one of it is under way already.
    """
    if weeks is not None and not 1 <= weeks <= LONGEST_WEEKS:
        raise Invalid("weeks", f"must be from 1 to {LONGEST_WEEKS}")
    _check_target(target_days)
    # The row's lock: of two who ask at once the second finds the first's.
    policy = _draft(key, edition)
    if Simulation.objects.filter(policy=key, kind="past", state__in=["waiting", "running"]).exists():
        raise WrongState("a simulation of this draft is under way")
    live = next((p for p in everything(now) if p.live), None)
    made = Simulation.objects.create(
        id=new_id(), policy=policy, edition=edition, rules=policy.rules, against=(live.version or 0) if live else 0,
        against_rules=live.rules if live else policy_rules(0), until=now, target_days=target_days,
        begin=_START if weeks is None else now - timedelta(weeks=weeks), asked_by=by.label, asked_at=now,
    )  # fmt: skip
    record(
        "routing_policy.simulated", ("routing_policy", key), by=by, at=now, simulation=made.id, weeks=weeks,
        target_days=target_days, against=made.against,
    )  # fmt: skip
    return made.id


def begin_shadow(key: UUID, *, edition: int, target_days: int, by: Actor, now: datetime) -> UUID:
    """Follow the orders that come in from now on with a draft in its ``edition``; the shadow run's key.

    :class:`WrongState` when the draft has changed, or it follows them already. In the caller's transaction.
    """
    _check_target(target_days)
    policy = _draft(key, edition)
    if Simulation.objects.filter(policy=key, kind="shadow", state="running").exists():
        raise WrongState("this draft follows new orders already")
    live = next((p for p in everything(now) if p.live), None)
    made = Simulation.objects.create(
        id=new_id(), policy=policy, kind="shadow", edition=edition, rules=policy.rules, begin=now, until=now,
        against=(live.version or 0) if live else 0, against_rules=live.rules if live else policy_rules(0),
        target_days=target_days, state="running", asked_by=by.label, asked_at=now, position=new_id(),
    )  # fmt: skip
    record(
        "routing_policy.shadowed", ("routing_policy", key), by=by, at=now, simulation=made.id,
        target_days=target_days, against=made.against,
    )  # fmt: skip
    return made.id


def note_shadow(
    run: Simulation, comparison: Comparison, changed: Sequence[Mapping[str, Any]], position: UUID, until: datetime
) -> None:  # fmt: skip
    """Keep how far a shadow run has come, on its locked row."""
    kept = max(0, SHADOW_LIST - (run.result or {}).get("changed", 0))
    orders = comparison.ours.orders
    Simulation.objects.filter(id=run.id).update(
        result=result_of(comparison), position=position, until=until, done=orders, total=orders
    )
    keep_orders(run.id, changed[:kept])


def end_shadows(policy: UUID, *, now: datetime) -> None:
    """What is a draft no longer follows nobody; what was found stays."""
    found = Simulation.objects.filter(policy=policy, kind="shadow", state="running")
    found.update(state="stopped", finished_at=now)


def begin(key: UUID) -> bool:
    """Take a simulation up; whether there is anything to do."""
    found = Simulation.objects.filter(id=key, kind="past", state__in=SIMULATION.sources("begin"))
    return bool(found.update(state=SIMULATION.target("begin"), done=0, total=0, error=""))


def progress(key: UUID, done: int, total: int) -> bool:
    """Note how far it is; False when somebody stopped it."""
    return bool(Simulation.objects.filter(id=key, state="running").update(done=done, total=total))


def finish(
    key: UUID, comparison: Comparison, changed: Iterable[Mapping[str, Any]], *, begin: datetime, now: datetime
) -> None:
    """Keep what was found, in the caller's transaction; nothing of a simulation that was stopped meanwhile.

    ``begin`` is when the first of its orders came in.
    """
    found = Simulation.objects.filter(id=key, state__in=SIMULATION.sources("finish"))
    if not found.update(
        state=SIMULATION.target("finish"), result=result_of(comparison), begin=begin, finished_at=now,
        done=comparison.ours.orders, total=comparison.ours.orders,
    ):  # fmt: skip
        return
    keep_orders(key, changed)
    latest = Simulation.objects.filter(kind="past", state="done").order_by("-asked_at")
    kept = list(latest.values_list("id", flat=True)[:LISTS_KEPT])
    old = Simulation.objects.filter(kind="past").exclude(id__in=kept)
    SimulatedOrder.objects.filter(simulation__in=old).delete()


def keep_orders(key: UUID, changed: Iterable[Mapping[str, Any]]) -> None:
    """Keep orders that would ship differently, in the order of time."""
    rows = [{"simulation_id": key, **plans} for plans in changed]
    with connection.cursor() as cursor:
        for first in range(0, len(rows), 5_000):
            _ROWS.run(cursor, rows[first : first + 5_000])


def note_fault(key: UUID) -> None:
    """It broke off; the worker tries again, and the exception desk tells when that ends."""
    Simulation.objects.filter(id=key, state="running").update(error=FAULT)


def stop(key: UUID, *, by: Actor, now: datetime) -> None:
    """Stop a simulation or a shadow run; :class:`WrongState` when it is over."""
    found = Simulation.objects.filter(id=key, state__in=SIMULATION.sources("stop"))
    if not found.update(state=SIMULATION.target("stop"), finished_at=now):
        if not Simulation.objects.filter(id=key).exists():
            raise NotFound("there is no such simulation")
        raise WrongState("the simulation is over already")
    policy = Simulation.objects.values_list("policy_id", flat=True).get(id=key)
    record("routing_policy.simulation_stopped", ("routing_policy", policy), by=by, at=now, simulation=key)


def _draft(key: UUID, edition: int) -> RoutingPolicy:
    policy = RoutingPolicy.objects.select_for_update().filter(id=key).first()
    if policy is None:
        raise NotFound("there is no such routing policy")
    if policy.state != "draft":
        raise WrongState("it is no draft any more")
    if policy.edition != edition:
        raise WrongState("someone changed the draft meanwhile", edition=policy.edition)
    return policy


def _check_target(days: int) -> None:
    if not 0 <= days <= LONGEST_TARGET:
        raise Invalid("target_days", f"must be from 0 to {LONGEST_TARGET}")


def result_of(comparison: Comparison) -> dict[str, Any]:
    """The sums of both sides, as they are stored."""
    return {
        "live": comparison.ours.as_dict(), "draft": comparison.theirs.as_dict(), "changed": comparison.changed,
        "agreed": comparison.agreed, "known": comparison.known, "names": comparison.names,
        "currency": {
            "live": comparison.live.planner.policy.currency, "draft": comparison.draft.planner.policy.currency,
        },
    }  # fmt: skip


def plans_of(found: Otherwise) -> dict[str, Any]:
    """An order that ships differently, as a row: both plans, and the stock that each of them saw."""
    return {
        "decision_id": found.arrival.key,
        "plans": {"live": _side(found.live), "draft": _side(found.draft), "at": found.arrival.at},
    }


def _side(one: Outcome) -> dict[str, Any]:
    return {
        "legs": [[leg.place, leg.units, leg.km, leg.days] for leg in one.legs], "short": one.short,
        "refused": one.refused, "costs": one.costs, "seen": one.seen, "why": one.why,
    }  # fmt: skip
