"""Turning decided orders into rows. Pure: values in, dicts for the bulk verbs out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from trivet.catalog.rules import clean
from trivet.company.queries import PlaceRow
from trivet.flows.intake.decide import Decided, DecidedLine, Decisions
from trivet.flows.intake.picture import Picture
from trivet.flows.intake.result import OpenedFulfillmentOrder
from trivet.journal.rules import SYSTEM, Fact, raw_source
from trivet.lib.bulk import as_it_is
from trivet.lib.ids import new_id

Row = dict[str, Any]


def _order_tables() -> dict[str, list[Row]]:
    return {"orders": [], "lines": [], "components": [], "taxes": [], "adjustments": [], "holds": []}


@dataclass(slots=True)
class Rows:
    """All rows of a group, by table."""

    orders: dict[str, list[Row]] = field(default_factory=_order_tables)
    payments: list[Row] = field(default_factory=list)
    decisions: list[Row] = field(default_factory=list)
    allocations: list[Row] = field(default_factory=list)
    fulfillment_orders: list[Row] = field(default_factory=list)
    fulfillment_lines: list[Row] = field(default_factory=list)
    receipts: list[Row] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    opened: dict[UUID, list[OpenedFulfillmentOrder]] = field(default_factory=dict)
    dispatch: dict[tuple[UUID, datetime], datetime] = field(default_factory=dict)

    def dispatch_by(self, place: PlaceRow, begin: datetime) -> datetime:
        """When ``place`` hands over what it may begin at ``begin``; worked out once for the group."""
        found = self.dispatch.get((place.id, begin))
        if found is None:
            found = self.dispatch[place.id, begin] = place.dispatch_by(begin)
        return found


def build(picture: Picture, orders: list[Decided], decisions: Decisions) -> Rows:
    """The rows of ``orders``, and the facts of what was decided along with them."""
    rows = Rows()
    rows.facts += [
        Fact(
            "customer.added",
            "customer",
            found.customer,
            request.actor,
            picture.now,
            {"channel": request.order.channel},
        )
        for found, request in decisions.newcomers
        if found.is_new
    ]
    rows.facts += [
        Fact(f"reservation.{state}", "reservation", key, SYSTEM, picture.now, {})
        for key, state in decisions.ended.items()
    ]
    for decided in orders:
        rows.orders["orders"].append(_order(picture, decided))
        for position, line in enumerate(decided.lines, 1):
            _line(rows, decided, line, position)
        _fulfillment(picture, rows, decided)
        _around(picture, rows, decided)
        payments = _payments(picture, decided)
        rows.payments += payments
        _facts(picture, rows, decided, payments)
        if decided.request.raw is not None:
            rows.receipts.append(_receipt(picture, decided, decided.request.raw))
    return rows


def _receipt(picture: Picture, decided: Decided, raw: bytes) -> Row:
    return {
        "id": new_id(), "source": raw_source(decided.channel.slug),
        "external_id": decided.request.order.external_id, "kind": decided.request.mapper,
        "digest": decided.request.digest, "payload": as_it_is(raw), "received_at": picture.now,
        "subject_id": decided.id,
    }  # fmt: skip


def _order(picture: Picture, decided: Decided) -> Row:
    order, frozen, request = decided.request.order, decided.request.frozen, decided.request
    to, shipping, shop = order.ship_to, order.shipping, order.shop_money
    person = order.customer
    return {
        "id": decided.id, "number": decided.number, "channel_id": decided.channel.id,
        "external_id": order.external_id, "digest": request.digest,
        "customer_id": decided.customer.customer if decided.customer else None,
        "placed_at": order.placed_at, "received_at": picture.now, "currency": order.currency,
        "email": request.email, "name": (to.name if to and to.name else person.name if person else ""),
        "country": to.country if to else "", "postal_code": to.postal_code if to else "",
        "ship_to": to.as_dict() if to else {}, "bill_to": order.bill_to.as_dict() if order.bill_to else None,
        "pickup_location_id": decided.pickup.id if decided.pickup else None, "shipping_method": shipping.method,
        "items_minor": frozen.items, "discount_minor": frozen.discount, "added_tax_minor": frozen.added_tax,
        "included_tax_minor": frozen.included_tax, "shipping_minor": shipping.price,
        "shipping_discount_minor": shipping.discount, "shipping_tax_minor": shipping.tax,
        "shipping_tax_included": shipping.tax_included, "total_minor": frozen.total,
        "shop_money": {
            "currency": shop.currency, "rate": f"{shop.rate:f}", "rated_at": shop.rated_at,
            "settlement_currency": shop.settlement_currency or None,
            "settlement_rate": None if shop.settlement_rate is None else f"{shop.settlement_rate:f}",
            "settlement_rated_at": shop.settlement_rated_at,
        } if shop else None,
        "authorized_minor": frozen.payments.authorized, "captured_minor": frozen.payments.captured,
        "units": sum(line.new.quantity for line in decided.lines),
        "units_allocated": sum(line.allocated for line in decided.lines),
        "units_backordered": sum(line.backordered for line in decided.lines), "holds_open": len(decided.holds),
        "is_draft": False, "tracked": request.mode != "skip", "scheduled": decided.scheduled,
        "on_shortage": decided.on_shortage, "ship_together": order.ship_together,
        "never_split_lines": order.never_split_lines, "fulfill_at": order.fulfill_at, "gift": order.gift,
        "gift_message": order.gift_message, "tags": list(order.tags),
        "note": order.note, "invented": request.invented,
    }  # fmt: skip


def _line(rows: Rows, decided: Decided, line: DecidedLine, position: int) -> None:
    new, frozen, sold = line.new, line.frozen, line.sold
    rows.orders["lines"].append({
        "id": line.id, "order_id": decided.id, "position": position, "external_id": new.external_id,
        "sku": sold.sku if sold else clean(new.sku), "variant_id": sold.id if sold else None,
        "waits_for": None if sold else line.key,
        "title": new.title or (sold.title if sold else ""), "quantity": new.quantity,
        "unit_price_minor": new.unit_price, "discount_minor": frozen.discount,
        "order_discount_minor": frozen.order_discount, "tax_minor": frozen.tax, "tax_included": frozen.tax_included,
        "paid_minor": frozen.paid, "allocated": line.allocated, "backordered": line.backordered,
        "backorder_from": line.backorder_from,
    })  # fmt: skip
    if sold is not None and sold.is_bundle:
        rows.orders["components"] += [
            {"id": new_id(), "line_id": line.id, "variant_id": part, "quantity": n} for part, n in sold.parts
        ]
    rows.orders["taxes"] += [
        {
            "id": new_id(), "order_id": decided.id, "line_id": line.id, "title": tax.title, "rate": str(tax.rate),
            "amount_minor": tax.amount, "jurisdiction": tax.jurisdiction, "marketplace": tax.marketplace,
        }
        for tax in new.tax_lines
    ]  # fmt: skip
    rows.orders["adjustments"] += [
        {"id": new_id(), "order_id": decided.id, "line_id": line.id, "code": code, "amount_minor": amount}
        for code, amount in frozen.shares
        if amount
    ]


def _fulfillment(picture: Picture, rows: Rows, decided: Decided) -> None:
    heads: dict[UUID, OpenedFulfillmentOrder] = {}
    units: dict[UUID, int] = {}
    state = "on_hold" if decided.holds else "scheduled" if decided.scheduled else "open"
    for line in decided.lines:
        for location, part, quantity in line.takes:
            place = picture.setup.places[location]
            head = heads.get(location)
            if head is None:
                head = heads[location] = OpenedFulfillmentOrder(
                    new_id(),
                    place.code,
                    place.name,
                    state,
                    decided.dispatch.get(location) or rows.dispatch_by(place, decided.begin),
                )
            allocation = new_id()
            rows.allocations.append({
                "id": allocation, "order_id": decided.id, "line_id": line.id, "variant_id": part,
                "location_id": location, "quantity": quantity, "created_at": picture.now,
            })  # fmt: skip
            rows.fulfillment_lines.append({
                "id": new_id(), "fulfillment_order_id": head.id, "allocation_id": allocation, "line_id": line.id,
                "variant_id": part, "quantity": quantity,
            })  # fmt: skip
            head.lines.append((line.id, picture.skus.get(part, ""), quantity))
            units[location] = units.get(location, 0) + quantity
    for sequence, (location, head) in enumerate(heads.items(), 1):
        rows.fulfillment_orders.append({
            "id": head.id, "order_id": decided.id, "location_id": location, "sequence": sequence,
            "method": decided.request.order.shipping.method, "state": state,
            "fulfill_at": decided.request.order.fulfill_at, "dispatch_by": head.dispatch_by,
            "units": units[location], "created_at": picture.now,
        })  # fmt: skip
    rows.opened[decided.id] = list(heads.values())


def _payments(picture: Picture, decided: Decided) -> list[Row]:
    order, frozen, by = decided.request.order, decided.request.frozen, decided.request.actor.label
    keys = [new_id() for _ in order.payments]
    return [
        {
            "id": key, "order_id": decided.id, "parent_id": None if parent is None else keys[parent], "kind": p.kind,
            "method": p.method, "gateway": p.gateway, "reference": p.reference, "amount_minor": p.amount,
            "used_minor": used, "currency": order.currency, "at": picture.now, "expires_at": p.expires_at,
            "actor_label": by,
        }
        for key, p, parent, used in zip(
            keys, order.payments, frozen.payments.parents, frozen.payments.used, strict=True
        )
    ]  # fmt: skip


def _around(picture: Picture, rows: Rows, decided: Decided) -> None:
    by = decided.request.actor.label
    rows.orders["holds"] += [
        {
            "id": new_id(), "order_id": decided.id, "kind": kind, "handle": "", "reason": reason,
            "placed_at": picture.now, "placed_by": by,
        }
        for kind, reason in decided.holds
    ]  # fmt: skip
    if decided.plan is not None:
        rows.decisions.append({
            "id": new_id(), "order_id": decided.id, "policy_version": decided.plan.policy_version,
            "at": picture.now, "exact": decided.plan.exact, "explanation": decided.plan.explanation,
        })  # fmt: skip


def _facts(picture: Picture, rows: Rows, decided: Decided, payments: list[Row]) -> None:
    by, order = decided.request.actor, decided.request.order

    def fact(kind: str, **facts: Any) -> None:
        rows.facts.append(Fact(kind, "order", decided.id, by, picture.now, facts))

    fact(
        "order.placed", number=decided.number, channel=decided.channel.slug, external_id=order.external_id,
        total=decided.request.frozen.total, currency=order.currency,
        customer=decided.customer.customer if decided.customer else None, units=sum(x.quantity for x in order.lines),
    )  # fmt: skip
    if decided.plan is not None:
        fact(
            "order.routed",
            places=[
                {"location": fo.location, "units": sum(n for _, _, n in fo.lines), "fulfillment_order": fo.id}
                for fo in rows.opened[decided.id]
            ],
            short=sum(decided.plan.short.values()), policy=decided.plan.policy_version,
        )  # fmt: skip
    for row in payments:
        fact(
            "payment.captured" if row["kind"] == "capture" else "payment.authorized", number=decided.number,
            payment=row["id"], amount=row["amount_minor"], currency=order.currency, method=row["method"],
            gateway=row["gateway"], reference=row["reference"],
        )  # fmt: skip
    for kind, reason in decided.holds:
        fact("order.held", hold=kind, reason=reason)
