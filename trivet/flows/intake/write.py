"""Writing what was decided: a few statements for the whole group, sent as one pipeline."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import psycopg

from trivet.customers.actions import place as customers
from trivet.flows.intake.decide import Decided, Decisions
from trivet.flows.intake.picture import Picture
from trivet.flows.intake.result import OpenedFulfillmentOrder, Placed, PlacedLine
from trivet.flows.intake.rows import Rows, build
from trivet.fulfillment.actions.place import open_fulfillment_orders
from trivet.inventory.actions import promise
from trivet.journal.actions.receipts import keep_applied
from trivet.journal.actions.record import EVENTS, event_dict
from trivet.journal.rules import SYSTEM
from trivet.lib.bulk import Together
from trivet.lib.ids import new_id
from trivet.orders.actions.place import insert_orders
from trivet.orders.rules.status import Facts, derive
from trivet.payments.actions.place import record_payments
from trivet.routing.actions.place import store_decisions


class LostRace(Exception):
    """A guarded update changed fewer rows than were locked: the group is done again."""


def write(conn: psycopg.Connection[Any], picture: Picture, decisions: Decisions) -> dict[UUID, Placed]:
    """Write all decided orders; the placed orders by id."""
    orders = [a for a in decisions.answers if isinstance(a, Decided)]
    # Sorted, so that two groups that bring the same orders meet at the same one first.
    in_order = sorted(orders, key=lambda d: (d.channel.id, d.request.order.external_id))
    rows = build(picture, in_order, decisions)
    changes = _level_changes(picture, decisions)
    moved = psycopg.Cursor(conn)
    cursor = psycopg.Cursor(conn)
    with conn.pipeline():
        if decisions.forced:
            promise.ensure_levels(cursor, sorted(decisions.forced))
        inserts = Together()
        customers.add(inserts, *_customer_rows(picture, decisions))
        insert_orders(inserts, rows.orders)
        record_payments(inserts, rows.payments)
        store_decisions(inserts, rows.decisions)
        promise.write_promises(inserts, rows.allocations, _entries(picture, decisions))
        open_fulfillment_orders(inserts, rows.fulfillment_orders, rows.fulfillment_lines)
        keep_applied(inserts, rows.receipts)
        EVENTS.run(inserts, [event_dict(f) for f in rows.facts])
        inserts.run(cursor)
        promise.take_backorders(cursor, decisions.backorders)
        promise.end_reservations(cursor, decisions.ended, picture.now)
        # Foreign keys are checked now and not at the commit, when others wait for the stock rows.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        if changes:
            promise.commit_levels(moved, changes, by=SYSTEM, at=picture.now)
    if changes and moved.rowcount != len(changes):
        raise LostRace(f"{moved.rowcount} of {len(changes)} levels changed")
    return {d.id: _placed(picture, d, rows) for d in orders}


def _level_changes(picture: Picture, decisions: Decisions) -> list[dict[str, Any]]:
    return [
        {
            "variant_id": variant, "location_id": location, "allocated": sums[0], "reserved": sums[1],
            "force": (location, variant) in decisions.forced, "sku": picture.skus.get(variant, ""),
            "location": picture.setup.places[location].code, "keep": picture.setup.places[location].min_stock,
        }
        for (location, variant), sums in decisions.moves.items()
        if sums[0] or sums[1]
    ]  # fmt: skip


def _entries(picture: Picture, decisions: Decisions) -> list[dict[str, Any]]:
    return [
        {
            "variant_id": level[1], "location_id": level[0], "at": picture.now, "kind": kind, "allocated": allocated,
            "reserved": reserved, "cause_kind": cause, "cause_id": cause_id, "actor_label": by,
        }
        for level, kind, allocated, reserved, cause, cause_id, by in decisions.entries
    ]  # fmt: skip


def _customer_rows(
    picture: Picture, decisions: Decisions
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    people, identifiers = [], []
    for resolution, request in decisions.newcomers:
        person = request.order.customer
        assert person is not None
        if resolution.is_new:
            phone = next((k.value for k in request.identifiers if k.kind == "phone"), "")
            people.append({
                "id": resolution.customer, "profile_id": resolution.profile, "name": person.name,
                "email": request.email, "phone": phone, "locale": person.locale, "invented": request.invented,
                "created_at": picture.now,
            })  # fmt: skip
        for key in resolution.fresh:
            identifiers.append({
                "id": new_id(), "customer_id": resolution.customer, "kind": key.kind, "scope": key.scope,
                "value": key.value, "created_at": picture.now,
            })  # fmt: skip
    return people, sorted(identifiers, key=lambda i: (i["kind"], i["scope"], i["value"]))


def _placed(picture: Picture, decided: Decided, rows: Rows) -> Placed:
    request = decided.request
    opened: Sequence[OpenedFulfillmentOrder] = rows.opened.get(decided.id, ())
    return Placed(
        id=decided.id, number=decided.number, channel=decided.channel.slug, external_id=request.order.external_id,
        currency=request.order.currency, total=request.frozen.total, received_at=picture.now,
        status=derive(facts_of(decided)), customer=decided.customer.customer if decided.customer else None,
        lines=[
            PlacedLine(
                line.id, line.new.external_id, line.sold.sku if line.sold else line.new.sku, line.new.title,
                line.new.quantity, line.allocated, line.backordered, line.frozen.paid, line.sold is not None,
            )
            for line in decided.lines
        ],
        fulfillment_orders=list(opened), holds=[kind for kind, _ in decided.holds],
        explanation=decided.plan.explanation if decided.plan else None,
    )  # fmt: skip


def facts_of(decided: Decided) -> Facts:
    """The facts that a fresh order's status is derived from."""
    frozen = decided.request.frozen
    return Facts(
        tracked=decided.request.mode != "skip", scheduled=decided.scheduled,
        units=sum(line.new.quantity for line in decided.lines), holds_open=len(decided.holds),
        due=frozen.total, authorized=frozen.payments.authorized, captured=frozen.payments.captured,
    )  # fmt: skip
