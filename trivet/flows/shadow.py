"""Shadow runs: drafts of the routing policy that plan each new order too, some seconds later, and decide nothing.

Intake knows nothing of them: its decisions are stored with all that they were made of, and are read here afterwards.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from trivet.company.queries import setup
from trivet.company.rules import zone_of
from trivet.flows.simulation import day_at
from trivet.journal.rules import Actor
from trivet.routing.actions import simulation as verbs
from trivet.routing.models import Simulation
from trivet.routing.queries.past import arrivals, made_since
from trivet.routing.rules import Policy
from trivet.routing.rules.compare import Comparison, Tally
from trivet.routing.rules.worlds import Planner, World

BATCH = 1_000
LAG = timedelta(seconds=15)
"""What is younger is left for the next time: its neighbours may not have been committed yet."""


@transaction.atomic(durable=True)
def begin(key: UUID, *, edition: int, target_days: int, by: Actor, now: datetime) -> UUID:
    """Follow new orders with a draft from now on; the key of the run."""
    return verbs.begin_shadow(key, edition=edition, target_days=target_days, by=by, now=now)


def follow(*, now: datetime) -> int:
    """Bring all shadow runs up to date; how many orders were planned."""
    found = Simulation.objects.filter(kind="shadow", state="running").values_list("id", flat=True)
    total = 0
    for key in list(found):
        while planned := _step(key, now - LAG):
            total += planned
    return total


def _step(key: UUID, until: datetime) -> int:
    """Some hundred orders of one run, once each: they and how far it is are one transaction."""
    with transaction.atomic(durable=True):
        runs = Simulation.objects.select_for_update(skip_locked=True)
        run = runs.filter(id=key, kind="shadow", state="running").first()
        made = made_since(run.position, until, BATCH) if run and run.position else []
        if run is None or not made:
            return 0
        comparison = _comparison(run)
        changed = [verbs.plans_of(found) for a in arrivals(made) if (found := comparison.look(a)) is not None]
        verbs.note_shadow(run, comparison, changed, made[-1][0], max(at for _, _, at in made))
    return len(made)


def _comparison(run: Simulation) -> Comparison:
    """Both policies, with what was added up so far."""
    zones = {place.code: zone_of(place.timezone) for place in setup().places.values()}
    live = Planner(Policy.from_dict(run.against_rules), run.against, "live")
    draft = Planner(Policy.from_dict(run.rules), 0, "draft")
    made = Comparison(World(live, {}), World(draft, {}), run.target_days, day_at(zones))
    if run.result:
        made.ours, made.theirs = Tally.of(run.result["live"]), Tally.of(run.result["draft"])
        made.changed, made.names = run.result["changed"], run.result["names"]
        made.agreed, made.known = run.result["agreed"], run.result["known"]
    return made
