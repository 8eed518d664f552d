"""What is in force when, and what differs between two policies."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from trivet.routing.rules import Policy, Rule, Zone
from trivet.routing.rules.versions import POLICY, STANDINGS, differences, live_at, standing

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_what_came_into_force_last_counts_however_it_is_numbered() -> None:
    scheduled, at_once = (NOON + HOUR, 5), (NOON, 6)
    assert live_at([], NOON) == 0
    assert live_at([scheduled, at_once], NOON) == 6
    assert live_at([scheduled, at_once], NOON + HOUR) == 5
    assert live_at([(NOON, 1), (NOON, 2)], NOON) == 2


def test_a_version_is_scheduled_live_and_past_in_turn() -> None:
    assert standing("draft", None, None, live=3, now=NOON) == "draft"
    assert standing("stored", NOON + HOUR, 4, live=3, now=NOON) == "scheduled"
    assert standing("stored", NOON, 4, live=4, now=NOON) == "live"
    assert standing("stored", NOON, 3, live=4, now=NOON) == "past"
    assert standing("withdrawn", NOON + HOUR, 4, live=3, now=NOON) == "withdrawn"
    assert set(POLICY.states) - {"stored"} <= set(STANDINGS)


def test_differences_are_told_by_field_and_row() -> None:
    one = Policy(rules=(Rule(True, places=("leeds",)), Rule(False, kinds=("store",))))
    other = Policy(
        parcel_penalty=300, zones=(*one.zones[:-1], Zone(40_000, 1, 1)),
        rules=(Rule(False, countries=("FR",)), *one.rules),
    )  # fmt: skip
    found = [(d.field, d.row, d.before, d.after) for d in differences(one, other)]
    assert found == [
        ("zones", 30_000, one.zones[-1], None), ("zones", 40_000, None, Zone(40_000, 1, 1)),
        ("parcel_penalty", None, 200, 300), ("rules", 1, None, Rule(False, countries=("FR",))),
    ]  # fmt: skip
    assert differences(one, other)[-1].as_dict() == {
        "field": "rules", "row": 1, "before": None,
        "after": {"allow": False, "channels": [], "countries": ["FR"], "methods": [], "kinds": [], "places": []},
    }  # fmt: skip


RULES = st.builds(
    Rule, st.booleans(), countries=st.lists(st.sampled_from(["GB", "FR"]), max_size=2).map(tuple)
)
POLICIES: Any = st.builds(
    Policy,
    parcel_penalty=st.integers(0, 2),
    max_parcels=st.integers(1, 2),
    kinds=st.sampled_from([(), ("store",)]),
    zones=st.lists(st.integers(1, 4), min_size=1, unique=True).map(
        lambda kms: tuple(Zone(km, km, 1) for km in sorted(kms))
    ),
    rules=st.lists(RULES, max_size=4).map(tuple),
)


@given(POLICIES, POLICIES)
def test_nothing_differs_from_itself_and_whatever_differs_is_told(one: Policy, other: Policy) -> None:
    assert differences(one, one) == []
    found = differences(one, other)
    assert bool(found) == (one != other)
    assert {d.field for d in found} == {
        name for name in Policy.__dataclass_fields__ if getattr(one, name) != getattr(other, name)
    }
    # Applying the rows that differ to the one gives the other.
    zones = {z.km: z for z in one.zones}
    for d in found:
        if d.field == "zones":
            zones.pop(d.row or 0, None)
            zones |= {d.after.km: d.after} if d.after else {}
    assert tuple(zones[km] for km in sorted(zones)) == other.zones
