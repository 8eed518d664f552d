"""A draft of the routing policy simulated on past orders: as it would have been, with the stock used up by each side."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from django.db import connection

from tests.world import ALICE, World, build, order
from trivet.api.tests.calls import Caller, key
from trivet.flows import simulation, stock
from trivet.flows.cancel import cancel
from trivet.flows.intake import place_group, prepare
from trivet.flows.policy import change_policy, put_in_force
from trivet.inventory.models import StockLevel
from trivet.journal.models import Event
from trivet.lib import clock
from trivet.lib.errors import Invalid, WrongState
from trivet.orders.models import Order
from trivet.routing.actions.policy import begin_draft, change_draft
from trivet.routing.models import RoutingDecision, RoutingPolicy, SimulatedOrder, Simulation
from trivet.routing.queries.desk import decisions
from trivet.routing.queries.simulations import both_decisions, otherwise

pytestmark = pytest.mark.django_db(transaction=True)

NO_LEEDS = {"rules": [{"allow": False, "places": ["leeds"]}]}


@pytest.fixture
def shop() -> World:
    found = build()
    found.sku("TEE", {"leeds": 3, "london": 10})
    found.sku("MUG", {"leeds": 5, "london": 0})
    return found


def me() -> Any:
    return {"by": ALICE, "now": clock.now()}


def place(name: str, lines: dict[str, int], **more: Any) -> Order:
    [answer] = place_group([prepare(order(name, lines, **{"on_shortage": "backorder", **more}), actor=ALICE)])
    if isinstance(answer, Exception):
        raise answer
    return Order.objects.get(id=answer.id)


def ask(rules: dict[str, Any], **more: Any) -> UUID:
    how = {"edition": 1, "weeks": 4, "target_days": 30, **more}
    return simulation.simulate(begin_draft(rules, **me()), **how, **me())


def simulated(rules: dict[str, Any], **more: Any) -> Simulation:
    run = ask(rules, **more)
    simulation.carry_out(run)
    found = Simulation.objects.get(id=run)
    assert found.state == "done"
    assert found.result is not None
    return found


def sums(found: Simulation, side: str, *names: str) -> list[int]:
    assert found.result is not None
    return [found.result[side][name] for name in names]


def test_the_policy_in_force_ships_every_order_as_it_did(shop: World) -> None:
    for n in range(6):
        place(str(n), {"TEE": 2, "MUG": 1})
    found = simulated({})
    assert found.result is not None
    assert (found.result["changed"], found.result["agreed"], found.result["known"]) == (0, 6, 6)
    assert found.result["live"]["loads"] == found.result["draft"]["loads"]
    # What the simulation says of both sides is what the stored decisions say.
    told = RoutingDecision.objects.values_list("explanation", flat=True)
    assert sums(found, "draft", "parcels") == [sum(len(t["parcels"]) for t in told)]
    assert found.result["draft"]["costs"] == dict.fromkeys(("live", "draft"), sum(t["cost"] for t in told))


def test_a_draft_uses_up_the_stock_that_it_ships_from(shop: World) -> None:
    # Each order alone finds ten in London; all of them together do not.
    for n in range(7):
        place(str(n), {"TEE": 2}, on_shortage="accept")
    found = simulated(NO_LEEDS)
    assert sums(found, "live", "parcels", "short_units") == [7, 1]
    assert sums(found, "draft", "parcels", "short_units", "short_orders") == [5, 4, 2]
    rows = otherwise(found.id).rows
    assert [(len(r.live["legs"]), r.live["short"], r.draft["short"]) for r in rows] == [
        (1, 0, 0), (1, 0, 2), (1, 1, 2)
    ]  # fmt: skip
    assert found.result is not None
    assert found.result["changed"] == len(rows)


def test_both_plans_of_an_order_are_told_with_their_reasons(shop: World) -> None:
    made = place("1", {"TEE": 2, "MUG": 1})
    found = simulated(NO_LEEDS)
    [row] = otherwise(found.id).rows
    assert (row.number, row.order) == (made.number, made.id)
    shown, live, draft = both_decisions(found.id, row.id)
    assert live.explanation == decisions(made.id)[0].explanation
    assert draft.explanation["parcels"][0]["place"] == "london"
    leeds = next(c for c in draft.explanation["candidates"] if c["place"] == "leeds")
    assert leeds["why"] == {"code": "rule", "rule": 1}
    assert shown.draft["short"] == 1


def test_goods_that_came_meanwhile_serve_what_waits_under_either_policy(shop: World) -> None:
    for n in range(2):
        place(str(n), {"MUG": 4}, never_split_lines=False)
    stock.receive("MUG", "london", 6, **me())
    assert StockLevel.objects.get(variant__sku="MUG", location__code="london").available == 3
    found = simulated(NO_LEEDS)
    # In force: five of Leeds at once, three of London later. Under the draft nothing at once and six later.
    assert sums(found, "live", "units", "short_units", "served") == [8, 3, 3]
    assert sums(found, "draft", "units", "short_units", "served") == [6, 8, 6]


def test_a_line_that_may_not_be_split_waits_for_the_place_that_has_the_rest_of_it(shop: World) -> None:
    for n in range(2):
        place(str(n), {"MUG": 4})
    stock.receive("MUG", "london", 6, **me())
    stock.receive("MUG", "leeds", 2, **me())
    assert [
        StockLevel.objects.get(variant__sku="MUG", location__code=p).available for p in ("leeds", "london")
    ] == [0, 6]
    found = simulated(NO_LEEDS)
    assert sums(found, "live", "units", "short_units", "served") == [7, 3, 2]
    assert sums(found, "draft", "units", "short_units", "served") == [6, 8, 6]


def test_what_was_cancelled_comes_back_to_where_the_draft_had_taken_it(shop: World) -> None:
    first = place("1", {"TEE": 9})
    cancel(first.id, None, reason="customer", **me())
    place("2", {"TEE": 10})
    found = simulated(NO_LEEDS)
    assert sums(found, "draft", "units", "short_units") == [19, 0]
    assert sums(found, "live", "units", "short_units") == [19, 0]


def test_nothing_can_be_shipped_is_a_result(shop: World) -> None:
    place("1", {"TEE": 1})
    found = simulated({"kinds": ["supplier"]})
    assert sums(found, "draft", "orders", "parcels", "placeless", "late", "short_units") == [1, 0, 1, 1, 1]
    assert sums(found, "draft", "costs") == [{"live": 0, "draft": 0}]


def test_a_time_without_orders_is_a_result(shop: World) -> None:
    found = simulated(NO_LEEDS)
    assert sums(found, "live", "orders") == sums(found, "draft", "orders") == [0]


def test_only_the_time_asked_for_is_simulated_and_earlier_orders_keep_their_stock(shop: World) -> None:
    with time_machine.travel(clock.now() + timedelta(days=40)):
        stock_before = place("old", {"TEE": 3})
        assert stock_before.units == 3
    with time_machine.travel(clock.now() + timedelta(days=80)):
        place("new", {"TEE": 2})
        found = simulated({}, weeks=2)
        assert sums(found, "live", "orders", "units") == [1, 2]
        assert found.result is not None
        assert found.result["agreed"] == 1
        assert sums(simulated({}, weeks=None), "live", "orders") == [2]


def test_late_is_what_leaves_after_the_target(shop: World) -> None:
    friday = clock.now() + timedelta(days=(4 - clock.now().weekday()) % 7 + 7)
    with time_machine.travel(friday.replace(hour=20)):
        place("1", {"TEE": 1})
        assert sums(simulated({}, target_days=2), "live", "late") == [1]
        assert sums(simulated({}, target_days=3), "live", "late") == [0]


def test_orders_that_pour_in_meanwhile_are_not_looked_at(
    shop: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    place("1", {"TEE": 1})
    read = simulation.arrivals

    def while_another_comes(made: Any) -> Any:
        # Another connection, as everywhere: the simulation's own transaction may not even write.
        def come() -> None:
            place("2", {"TEE": 12})
            connection.close()

        with ThreadPoolExecutor(1) as other:
            other.submit(come).result()
        return read(made)

    monkeypatch.setattr(simulation, "arrivals", while_another_comes)
    found = simulated(NO_LEEDS)
    assert Order.objects.count() == 2
    assert sums(found, "draft", "orders", "units", "short_units") == [1, 1, 0]


def test_it_disturbs_nothing(shop: World) -> None:
    place("1", {"TEE": 2})
    levels, made = list(StockLevel.objects.values()), list(RoutingDecision.objects.values())
    simulated(NO_LEEDS)
    assert list(StockLevel.objects.values()) == levels
    assert list(RoutingDecision.objects.values()) == made


def test_it_can_be_stopped_and_leaves_nothing(shop: World, monkeypatch: pytest.MonkeyPatch) -> None:
    place("1", {"TEE": 1})
    waiting = ask(NO_LEEDS)
    simulation.stop(waiting, **me())
    simulation.carry_out(waiting)
    assert Simulation.objects.get(id=waiting).state == "stopped"
    with pytest.raises(WrongState):
        simulation.stop(waiting, **me())
    running = ask(NO_LEEDS)
    read = simulation.arrivals

    def stopped_meanwhile(made: Any) -> Any:
        with ThreadPoolExecutor(1) as other:
            other.submit(_stop, running).result()
        return read(made)

    monkeypatch.setattr(simulation, "arrivals", stopped_meanwhile)
    simulation.carry_out(running)
    found = Simulation.objects.get(id=running)
    assert (found.state, found.result) == ("stopped", None)
    assert not SimulatedOrder.objects.exists()


def _stop(run: UUID) -> None:
    simulation.stop(run, **me())
    connection.close()


def test_a_simulation_that_was_cut_off_is_done_again(shop: World, monkeypatch: pytest.MonkeyPatch) -> None:
    place("1", {"TEE": 1})
    run = ask(NO_LEEDS)
    with monkeypatch.context() as broken:
        broken.setattr(simulation, "made_between", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            simulation.carry_out(run)
    assert "fault of ours" in Simulation.objects.get(id=run).error
    for _ in range(2):
        simulation.carry_out(run)
    assert Simulation.objects.get(id=run).state == "done"
    assert SimulatedOrder.objects.count() == 1


def test_who_asks_twice_waits_for_the_first(shop: World) -> None:
    draft = begin_draft(NO_LEEDS, **me())

    def once(**more: Any) -> UUID:
        return simulation.simulate(draft, **{"edition": 1, "weeks": 4, "target_days": 1, **more}, **me())

    for field, value in (("weeks", 0), ("weeks", 521), ("target_days", 31)):
        with pytest.raises(Invalid) as refused:
            once(**{field: value})
        assert refused.value.field == field
    first = once()
    with pytest.raises(WrongState):
        once()
    simulation.carry_out(first)
    change_draft(draft, {}, "", edition=1, **me())
    with pytest.raises(WrongState):
        once()
    once(edition=2)


def test_a_version_says_which_simulation_was_looked_at(shop: World) -> None:
    place("1", {"TEE": 1})
    draft = begin_draft(NO_LEEDS, **me())
    run = simulation.simulate(draft, edition=1, weeks=1, target_days=1, **me())
    with pytest.raises(Invalid):
        put_in_force(draft, edition=1, seen=0, **me())
    simulation.carry_out(run)
    change_draft(draft, NO_LEEDS, "Another note", edition=1, **me())
    with pytest.raises(Invalid):
        # What was simulated is not what is stored.
        put_in_force(draft, edition=2, seen=0, **me())
    again = simulation.simulate(draft, edition=2, weeks=1, target_days=1, **me())
    simulation.carry_out(again)
    put_in_force(draft, edition=2, seen=0, **me())
    stored = RoutingPolicy.objects.get()
    assert (stored.version, stored.simulation_id, stored.unsimulated) == (1, again, "")
    fact = Event.objects.get(kind="routing_policy.added")
    assert fact.facts["simulation"] == str(again)


def test_programs_simulate_too(shop: World) -> None:
    made = place("1", {"TEE": 1})
    api = Caller(key("*"))
    draft = api.post("/settings/routing-drafts", {"rules": NO_LEEDS})[1]
    where = f"/settings/routing-drafts/{draft['id']}/simulations"
    assert api.post(where, {"edition": 1, "weeks": 0})[1]["field"] == "weeks"
    status, asked = api.post(where, {"edition": 1})
    assert (status, asked["state"], asked["against"], asked["current"]) == (201, "waiting", 0, True)
    assert api.post(where, {"edition": 1})[0] == 409
    simulation.carry_out(UUID(asked["id"]))
    found = api.get(f"/settings/routing-simulations/{asked['id']}")[1]
    assert (found["state"], found["result"]["changed"]) == ("done", 1)
    assert [one["id"] for one in api.get(where)[1]] == [asked["id"]]
    [row] = api.get(f"/settings/routing-simulations/{asked['id']}/orders")[1]["rows"]
    assert row["order"] == str(made.id)
    assert (row["live"]["legs"][0][0], row["draft"]["legs"][0][0]) == ("leeds", "london")
    assert api.send("DELETE", f"/settings/routing-simulations/{asked['id']}").status_code == 409
    body = {"edition": 1, "seen": 0}
    status, version = api.post(f"/settings/routing-drafts/{draft['id']}/version", body)
    assert (status, version["simulation"], version["unsimulated"]) == (201, asked["id"], "")


def test_a_draft_in_another_currency_is_priced_by_both_lists(shop: World) -> None:
    change_policy({"currency": "GBP", "handling_parcel": 100}, **me())
    place("1", {"TEE": 1})
    found = simulated({"currency": "EUR", "handling_parcel": 1000})
    assert found.result is not None
    assert found.result["currency"] == {"live": "GBP", "draft": "EUR"}
    costs = found.result["live"]["costs"]
    assert found.result["draft"]["costs"] == costs
    assert costs["draft"] - costs["live"] == 900
