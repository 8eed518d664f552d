"""Facts of the journal as sentences. A kind we have no sentence for is shown plainly, never hidden."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from trivet.company.queries import setup
from trivet.journal.queries import EventRow
from trivet.web.shell.badges import badge
from trivet.web.shell.formats import money, number
from trivet.web.shell.words import translated

Facts = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """A fact as people read it."""

    icon: str
    text: str
    actor: str
    at: datetime


def _placed(f: Facts) -> str:
    return _("Placed for %(total)s through %(channel)s") % {
        "total": money(int(f.get("total", 0)), f.get("currency", ""))
        if f.get("currency")
        else f.get("total", ""),
        "channel": f.get("channel", ""),
    }


def _routed(f: Facts) -> str:
    places = ", ".join(f"{p.get('location', '')} ({number(p.get('units', 0))})" for p in f.get("places", ()))
    text = _("Routed to %(places)s") % {"places": places} if places else _("No place can ship it")
    short = int(f.get("short", 0))
    if short:
        missing = ngettext("%(n)s unit without stock", "%(n)s units without stock", short) % {
            "n": number(short)
        }
        text = f"{text}; {missing}"
    return text


def _filled(f: Facts) -> str:
    lines = ", ".join(
        f"{number(line.get('quantity', 0))} × {line.get('sku', '')} ({line.get('location', '')})"
        for line in f.get("lines", ())
    )
    return _("Backordered goods are there: %(lines)s") % {"lines": lines}


def _rebalanced(f: Facts) -> str:
    def named(places: Any) -> str:
        return ", ".join(f"{p.get('location', '')} ({number(p.get('units', 0))})" for p in places)

    text = _("Moved from %(origin)s to %(places)s") % {
        "origin": named(f.get("origin", ())), "places": named(f.get("places", ())),
    }  # fmt: skip
    saving, currency = int(f.get("saving", 0)), f.get("currency", "XXX")
    if f.get("why") == "makes_way":
        orders = ", ".join(f"#{n}" for n in f.get("made_way_for", ())) or _("other orders")
        text = _because(text, _("makes way for %(orders)s") % {"orders": orders})
    elif saving > 0:
        text = _because(text, _("saves %(amount)s") % {"amount": money(saving, currency)})
    if f.get("given_way_by"):
        orders = ", ".join(f"#{n}" for n in f["given_way_by"])
        made_way = _("%(orders)s made way") % {"orders": orders}
        text = f"{text}; {made_way}"
    return text


def _units(f: Facts) -> str:
    return ", ".join(
        f"{number(line.get('quantity', 0))} × {line.get('sku', '')} ({line.get('location', '')})"
        for line in f.get("lines", ())
    )


def _units_taken(f: Facts) -> str:
    orders = ", ".join(dict.fromkeys(f"#{line.get('order', '')}" for line in f.get("lines", ())))
    return _("Took %(lines)s from later orders: %(orders)s") % {"lines": _units(f), "orders": orders}


def _units_given(f: Facts) -> str:
    told = {"lines": _units(f), "order": f"#{f.get('order', '')}"}
    return _("Gave %(lines)s to the earlier order %(order)s, and waits for them") % told


def _balanced(f: Facts) -> str:
    told = {
        "orders": number(f.get("orders", 0)), "moved": number(f.get("moved", 0)),
        "saved": money(int(f.get("saved", 0)), f.get("currency") or "XXX"),
    }  # fmt: skip
    return _("%(orders)s waiting orders weighed, %(moved)s moved, %(saved)s saved") % told


def _balanced_partly(f: Facts) -> str:
    told = {"moved": number(f.get("moved", 0)), "of": number(f.get("proposed", 0))}
    return _("Moving orders stopped on the way: %(moved)s of %(of)s moved") % told


def _hold_word(f: Facts) -> str:
    return str(badge("hold", str(f.get("hold", ""))).word)


def _held(f: Facts) -> str:
    reason = translated(str(f.get("reason") or ""))
    return _because(_("On hold: %(kind)s") % {"kind": _hold_word(f)}, reason)


def _because(text: str, why: str) -> str:
    return f"{text} – {why}" if why else text


def _released(f: Facts) -> str:
    if f.get("why") == "expired":
        return _("Hold ended by itself: %(kind)s") % {"kind": _hold_word(f)}
    why = str(f.get("why") or "released")
    return _because(
        _("Hold released: %(kind)s") % {"kind": _hold_word(f)}, "" if why == "released" else translated(why)
    )


def _cancelled(f: Facts) -> str:
    units = sum(int(line.get("quantity", 0)) for line in f.get("lines", ()))
    told = {
        "reason": str(badge("cancel_reason", f.get("reason", "other")).word),
        "value": money(int(f.get("value", 0)), f.get("currency", "XXX")),
        "n": number(units),
    }
    if f.get("whole"):
        text = _("Cancelled, worth %(value)s: %(reason)s") % told
    else:
        text = (
            ngettext(
                "%(n)s unit cancelled, worth %(value)s: %(reason)s",
                "%(n)s units cancelled, worth %(value)s: %(reason)s",
                units,
            )
            % told
        )
    return _because(text, str(f.get("note") or ""))


def _edited(f: Facts) -> str:
    currency = f.get("currency", "XXX")
    parts = [
        f"{line.get('sku') or line.get('title', '')} {number(line['units_before'])} → {number(line['units_after'])}"
        for line in f.get("lines", ())
        if line.get("units_before") != line.get("units_after")
    ]
    words = {
        "ship_to": _("address"), "shipping_method": _("shipping method"), "shipping": _("shipping price"),
        "discounts": _("discount"), "note": _("note"), "fulfill_at": _("day"),
    }  # fmt: skip
    parts += [word for name, word in words.items() if name in f.get("after", {})]
    text = _("Changed: %(what)s") % {"what": ", ".join(parts)}
    before, after = int(f.get("due_before", 0)), int(f.get("due_after", 0))
    if before == after:
        return text
    return _because(text, f"{money(before, currency)} → {money(after, currency)}")


def _opened(f: Facts) -> str:
    kind = str(f.get("exception") or "")
    return _because(_("Waits for a person"), str(badge("exception_kind", kind).word) if kind else "")


def _settled(f: Facts) -> str:
    return _because(_("Settled on the exception desk"), translated(str(f.get("resolution") or "")))


def _paid(sentence: Callable[[], str]) -> Callable[[Facts], str]:
    def told(f: Facts) -> str:
        return sentence() % {"amount": money(int(f.get("amount", 0)), f.get("currency", "XXX"))}

    return told


def _stock(f: Facts) -> str:
    told = {
        "sku": f.get("sku", ""),
        "place": f.get("location", ""),
        "available": number(f.get("available", 0)),
    }
    return _("%(sku)s at %(place)s: %(available)s available") % told


def _spot(f: Facts) -> Facts:
    return {"sku": f.get("sku", ""), "place": f.get("location") or f.get("place") or ""}


def _transfer(f: Facts) -> Facts:
    return {
        "n": f.get("transfer", ""),
        "units": number(f.get("units", 0)),
        "missing": number(f.get("missing", 0)),
    }


def _parcel(f: Facts) -> Facts:
    return {"sequence": f.get("sequence", "")}


def _code(f: Facts) -> Facts:
    return {"code": f.get("external_sku") or f.get("title", "")}


def _meaning(f: Facts) -> Facts:
    return {"external_sku": f.get("external_sku") or f.get("title", ""), "sku": f.get("sku", "")}


def _named(f: Facts) -> Facts:
    return {"name": f.get("name", "")}


def _who(f: Facts) -> Facts:
    return {"username": f.get("username", "")}


SENTENCES: dict[str, tuple[str, Callable[[Facts], str]]] = {
    "order.placed": ("shopping-cart", _placed),
    "order.routed": ("route", _routed),
    "order.held": ("hand-stop", _held),
    "order.hold_released": ("player-play", _released),
    "order.cancelled": ("ban", _cancelled),
    "order.lines_cancelled": ("ban", _cancelled),
    "order.mapped": ("tag", lambda f: _("%(external_sku)s is %(sku)s") % _meaning(f)),
    "order.backorder_filled": ("package-import", _filled),
    "order.rebalanced": ("route", _rebalanced),
    "order.units_taken": ("package-import", _units_taken),
    "order.units_given": ("package-export", _units_given),
    "allocation.asked": ("scale", lambda _facts: _("Asked for: weigh all waiting orders")),
    "allocation.ordered": ("scale", lambda _facts: _("Asked for: make the proposed moves")),
    "allocation.finished": ("check", _balanced),
    "allocation.stopped": ("alert-triangle", _balanced_partly),
    "allocation.terms_set": ("adjustments", lambda _facts: _("Terms of allocation changed")),
    "order.came_due": ("calendar-event", lambda _facts: _("Its day has come: it can be picked")),
    "order.edited": ("pencil", _edited),
    "payment.authorized": ("credit-card", _paid(lambda: _("%(amount)s authorised"))),
    "payment.captured": ("coin", _paid(lambda: _("%(amount)s received"))),
    "payment.voided": ("cash-off", _paid(lambda: _("Authorisation of %(amount)s given up"))),
    "payment.refunded": ("receipt-refund", _paid(lambda: _("%(amount)s paid back"))),
    "payment.expired": ("clock-exclamation", _paid(lambda: _("Authorisation of %(amount)s expired"))),
    "stock.changed": ("packages", _stock),
    "stock.received": ("package-import", lambda f: _("Goods received: %(sku)s at %(place)s") % _spot(f)),
    "stock.counted": ("clipboard-list", lambda f: _("Counted: %(sku)s at %(place)s") % _spot(f)),
    "stock.adjusted": ("adjustments", lambda f: _("Adjusted: %(sku)s at %(place)s") % _spot(f)),
    "stock.state_changed": ("rotate", lambda f: _("State changed: %(sku)s at %(place)s") % _spot(f)),
    "stock.sold_elsewhere": (
        "building-store",
        lambda f: _("Sold elsewhere: %(sku)s at %(place)s") % _spot(f),
    ),
    "adjustment.requested": (
        "shield-question",
        lambda f: _("Adjustment waits for a second person: %(sku)s at %(place)s") % _spot(f),
    ),
    "adjustment.approved": ("check", lambda f: _("Adjustment confirmed: %(sku)s at %(place)s") % _spot(f)),
    "adjustment.declined": ("x", lambda f: _("Adjustment declined: %(sku)s at %(place)s") % _spot(f)),
    "backorder_limit.set": ("clock-pause", lambda f: _("Limit of backorders set: %(sku)s") % _spot(f)),
    "transfer.planned": ("truck", lambda f: _("Transfer T%(n)s planned") % _transfer(f)),
    "transfer.made_ready": ("package", lambda f: _("Transfer T%(n)s is ready to leave") % _transfer(f)),
    "transfer.shipped": (
        "truck-delivery",
        lambda f: _("Transfer T%(n)s left: %(units)s units") % _transfer(f),
    ),
    "transfer.received": (
        "package-import",
        lambda f: _("Of transfer T%(n)s arrived: %(units)s units") % _transfer(f),
    ),
    "transfer.completed": (
        "circle-check",
        lambda f: _("Transfer T%(n)s is complete; units missing: %(missing)s") % _transfer(f),
    ),
    "transfer.cancelled": ("ban", lambda f: _("Transfer T%(n)s given up") % _transfer(f)),
    "reservation.made": ("clock", lambda _facts: _("Stock reserved for a while")),
    "reservation.converted": ("lock", lambda _facts: _("Reservation became an order")),
    "reservation.released": ("arrow-back-up", lambda _facts: _("Reservation given back")),
    "reservation.expired": ("clock-exclamation", lambda _facts: _("Reservation expired")),
    "fulfillment_order.opened": ("package", lambda f: _("Parcel F%(sequence)s planned") % _parcel(f)),
    "fulfillment_order.cancelled": ("ban", lambda f: _("Parcel F%(sequence)s given up") % _parcel(f)),
    "customer.added": ("user", lambda _facts: _("Bought here for the first time")),
    "customer.changed": ("pencil", lambda _facts: _("Details of the customer changed")),
    "customer.joined": ("git-merge", lambda _facts: _("Joined with another record of the same person")),
    "customer.separated": ("user-x", lambda _facts: _("Separated again: two different persons")),
    "product.added": ("plus", lambda _facts: _("Product added")),
    "product.changed": ("pencil", lambda _facts: _("Product changed")),
    "listing.mapped": ("tag", lambda f: _("The code %(code)s means this SKU") % _code(f)),
    "listing.unmapped": ("tag", lambda f: _("The code %(code)s no longer means this SKU") % _code(f)),
    "import.finished": ("file-import", lambda f: _("Imported %(file)s") % {"file": f.get("file", "")}),
    "routing_policy.drafted": ("pencil", lambda _facts: _("A change of the routing policy drafted")),
    "routing_policy.redrafted": ("pencil", lambda _facts: _("The draft of the routing policy changed")),
    "routing_policy.simulated": ("search", lambda _facts: _("The draft of the routing policy simulated")),
    "routing_policy.shadowed": (
        "route",
        lambda _facts: _("The draft of the routing policy follows new orders"),
    ),
    "routing_policy.simulation_stopped": (
        "ban",
        lambda _facts: _("A simulation of the routing policy stopped"),
    ),
    "routing_policy.withdrawn": (
        "ban",
        lambda f: (
            _("Version %(n)s of the routing policy withdrawn") % {"n": f["version"]}
            if f.get("version")
            else _("The draft of the routing policy thrown away")
        ),
    ),
    "routing_policy.added": (
        "route",
        lambda f: _("Version %(n)s of the routing policy stored") % {"n": f.get("version", "")},
    ),
    "brand.added": ("plus", lambda f: _("%(name)s added") % _named(f)),
    "brand.renamed": ("pencil", lambda f: _("Renamed to %(name)s") % _named(f)),
    "place.added": ("plus", lambda f: _("%(name)s added") % _named(f)),
    "place.changed": ("pencil", lambda _facts: _("Settings of the place changed")),
    "channel.added": ("plus", lambda f: _("%(name)s added") % _named(f)),
    "channel.changed": ("pencil", lambda _facts: _("Settings of the channel changed")),
    "channel.served": ("building-warehouse", lambda f: _("%(place)s serves the channel") % _spot(f)),
    "channel.unserved": (
        "building-warehouse",
        lambda f: _("%(place)s no longer serves the channel") % _spot(f),
    ),
    "availability.changed": (
        "packages",
        lambda f: _("What %(channel)s may sell has changed") % {"channel": f.get("channel", "")},
    ),
    "user.added": ("user", lambda f: _("%(username)s can log in") % _who(f)),
    "user.changed": ("pencil", lambda f: _("What %(username)s may do changed") % _who(f)),
    "user.deactivated": ("user-x", lambda f: _("%(username)s can no longer log in") % _who(f)),
    "user.reactivated": ("user", lambda f: _("%(username)s can log in again") % _who(f)),
    "user.password_set": ("key", lambda f: _("New password for %(username)s") % _who(f)),
    "api_key.created": ("key", lambda f: _("Key made for %(name)s") % _named(f)),
    "api_key.revoked": ("key", lambda f: _("Key of %(name)s revoked") % _named(f)),
    "exception.opened": ("exclamation-circle", _opened),
    "exception.resolved": ("check", _settled),
    "exception.reopened": ("arrow-back-up", lambda _facts: _("Put back on the exception desk")),
}


def names() -> dict[str, str]:
    """What places and channels are called, by the code that facts carry."""
    known = setup()
    called = {place.code: place.name for place in known.places.values()}
    return called | {slug: channel.name for slug, channel in known.channels.items()}


def tell(events: Iterable[EventRow], called: Mapping[str, str]) -> list[Told]:
    """The facts as sentences, in the order given; ``called`` puts names for codes."""
    return [_tell(event, called) for event in events]


def _tell(event: EventRow, called: Mapping[str, str]) -> Told:
    icon, sentence = SENTENCES.get(event.kind, ("info-circle", _plain(event.kind)))
    facts = dict(event.facts)
    for key in ("channel", "location", "place"):
        if isinstance(facts.get(key), str):
            facts[key] = called.get(facts[key], facts[key])
    for key in ("places", "lines", "origin"):
        if isinstance(facts.get(key), list):
            facts[key] = [_named_place(part, called) for part in facts[key]]
    return Told(icon, sentence(facts), event.actor_label, event.at)


def _named_place(part: Any, called: Mapping[str, str]) -> Any:
    if not isinstance(part, dict) or "location" not in part:
        return part
    return {**part, "location": called.get(part["location"], part["location"])}


def _plain(kind: str) -> Callable[[Facts], str]:
    words = kind.replace(".", ": ").replace("_", " ")

    def sentence(facts: Facts) -> str:
        told = ", ".join(f"{k} {v}" for k, v in facts.items() if isinstance(v, str | int))
        return f"{words} ({told})" if told else words

    return sentence
