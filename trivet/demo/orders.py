"""From sales of the data to orders: which channel, whose, how paid, how promised."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Literal

from trivet.demo.chance import draw, pick, share
from trivet.demo.goods import BUNDLES
from trivet.demo.people import buyer
from trivet.demo.source import LONDON, Item, Sale
from trivet.orders.rules.value import (
    Method,
    NewLine,
    NewOrder,
    NewPayment,
    NewShipping,
    PaymentKind,
    ShopMoney,
    StockMode,
)

LIVE_DAYS = 21
"""Days since the shop's stock is kept here; what was sold before is history."""

CUT_OFF = time(18)
FRIDAY = 4

EURO_CENTS = Decimal("1.16")
DONG = Decimal("335")
"""Invented rates: euro cents and đồng for one penny."""

MARKET_PREFIX = "BR-"
"""The marketplace has its own names for the SKUs (a listing each)."""

UNKNOWN = ("WELCOME-KIT-2", "GIFT-RECEIPT", "BR-23999X", "BR-LOYALTY-BOX")
"""SKUs that channels send and nobody here knows."""

GIFTS = (
    "Please leave with the neighbour at number 12.", "It is a birthday present: no prices in the parcel, please.",
    "Happy anniversary, Gran!", "Ring the bell twice, the dog barks but is friendly.", "Collection by our own van.",
    "Deliver before noon if you can, we are a shop.",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Story:
    """An order to place at ``at``; ``sale`` is what it was made from."""

    at: datetime
    order: NewOrder
    mode: StockMode
    sale: Sale


def wholesalers(sales: Sequence[Sale]) -> frozenset[str]:
    """Customer numbers that buy for 300 pounds and more on average."""
    totals: dict[str, list[int]] = defaultdict(list)
    for sale in sales:
        if sale.customer:
            totals[sale.customer].append(sale.goods)
    return frozenset(key for key, goods in totals.items() if sum(goods) >= 300_00 * len(goods))


def stories(sales: Sequence[Sale], now: datetime, since: datetime) -> list[Story]:
    """Every sale from ``since`` on as an order, oldest first."""
    trade = wholesalers(sales)
    every = [*(s for s in sales if s.at >= since), *bundle_sales(now)]
    return [_story(sale, trade, now) for sale in sorted(every, key=lambda s: (s.at, s.invoice))]


def bundle_sales(now: datetime) -> list[Sale]:
    """Sales of the invented bundles, which the data cannot hold: two a day over the last five."""
    found = []
    for n in range(10):
        sku, _, pence, _ = BUNDLES[n % len(BUNDLES)]
        at = now - timedelta(days=n // 2, hours=1 + draw(f"bundle{n}", 7))
        found.append(Sale(f"59{9000 + n}", at, "", "GB", 395, (Item(sku, 1 + n % 2, pence),)))
    return found


def mode_of(sale: Sale, now: datetime) -> StockMode:
    """``live`` for what has not left yet: everything that is not due, and the rest that was left behind."""
    if now.astimezone(LONDON).date() - sale.at.astimezone(LONDON).date() >= timedelta(days=LIVE_DAYS):
        return "skip"
    waiting = LEFT_BEHIND.get(working_days_late(sale.at, now), 3)
    return "live" if draw(f"open{sale.invoice}", 100) < waiting else "skip"


LEFT_BEHIND = {-1: 100, 0: 32, 1: 18, 2: 10, 3: 7}
"""Percent of orders that are still here, by :func:`working_days_late`; after that, the few that somebody forgot."""


def working_days_late(placed: datetime, now: datetime) -> int:
    """Working days since an order should have left; -1 when it is not due. A sketch of what the places do."""
    due = placed.astimezone(LONDON)
    if due.time() >= CUT_OFF:
        due += timedelta(days=1)
    while due.weekday() > FRIDAY:
        due += timedelta(days=1)
    local = now.astimezone(LONDON)
    if (due.date(), CUT_OFF) > (local.date(), local.time()):
        return -1
    since = (due.date() + timedelta(days=n) for n in range(1, (local.date() - due.date()).days + 1))
    return sum(day.weekday() <= FRIDAY for day in since)


def channel_of(sale: Sale, trade: frozenset[str]) -> tuple[str, str]:
    """(channel, country) of a sale. Some British customers are told as Vietnamese ones."""
    if sale.country not in {"GB", "AU"} and draw(f"market{sale.invoice}", 100) < 50:
        return "brocante", sale.country
    if sale.customer in trade:
        return "wholesale", sale.country
    if sale.country == "GB" and sale.customer and draw(f"vn{sale.customer}", 100) < 4:
        return "vietnam", "VN"
    return "web", sale.country


def _story(sale: Sale, trade: frozenset[str], now: datetime) -> Story:
    channel, country = channel_of(sale, trade)
    mode = mode_of(sale, now)
    who = buyer(sale.customer or f"g{sale.invoice}", country, business=channel == "wholesale")
    lines = _lines(sale, channel, mode)
    method = "express" if channel == "web" and draw(f"express{sale.invoice}", 100) < 12 else "standard"
    pickup = (
        "brighton"
        if mode == "live" and channel == "web" and country == "GB" and draw(f"pickup{sale.invoice}", 100) < 3
        else ""
    )
    shipping = NewShipping("pickup" if pickup else method, _price(sale.shipping, channel))
    total = sum(line.gross for line in lines) + shipping.total
    when = sale.at
    later = mode == "live" and draw(f"later{sale.invoice}", 100) < 7
    order = NewOrder(
        channel=channel, external_id=_external(sale, channel), placed_at=when,
        currency={"brocante": "EUR", "vietnam": "VND"}.get(channel, "GBP"), lines=lines, customer=who.person,
        ship_to=who.address, pickup_location=pickup, shipping=shipping,
        payments=_payments(sale, channel, mode, total), shop_money=_shop_money(channel, when),
        ship_together=draw(f"together{sale.invoice}", 100) < 6,
        fulfill_at=now + timedelta(days=2 + draw(f"days{sale.invoice}", 16)) if later else None,
        tags=_tags(sale, channel, later),
        note=pick(f"note{sale.invoice}", GIFTS) if draw(f"has{sale.invoice}", 100) < 5 else "",
    )  # fmt: skip
    return Story(when, order, mode, sale)


def _external(sale: Sale, channel: str) -> str:
    return {"brocante": "BRC-", "vietnam": "VN-", "wholesale": "PO-"}.get(channel, "") + sale.invoice


def _lines(sale: Sale, channel: str, mode: StockMode) -> tuple[NewLine, ...]:
    prefix = MARKET_PREFIX if channel == "brocante" and mode == "live" else ""
    lines = [
        NewLine(str(n), prefix + item.sku, "", item.quantity, _price(item.pence, channel))
        for n, item in enumerate(sale.items, 1)
    ]
    if mode == "live" and draw(f"unknown{sale.invoice}", 100) < 3:
        market = [sku for sku in UNKNOWN if sku.startswith(MARKET_PREFIX) == (channel == "brocante")]
        lines.append(
            NewLine(str(len(lines) + 1), pick(f"sku{sale.invoice}", market), "Not in our catalogue", 1, 0)
        )
    return tuple(lines)


def _price(pence: int, channel: str) -> int:
    if channel == "brocante":
        return int((pence * EURO_CENTS).to_integral_value())
    if channel == "vietnam":
        return int(pence * DONG / 1000) * 1000 if pence >= 3 else 1000 * bool(pence)
    return pence


def _shop_money(channel: str, at: datetime) -> ShopMoney | None:
    if channel == "brocante":
        return ShopMoney(
            "GBP",
            (1 / EURO_CENTS).quantize(Decimal("0.0001")),
            at.replace(hour=0, minute=0, second=0, microsecond=0),
        )
    if channel == "vietnam":
        rate = (1 / (DONG * 100)).quantize(Decimal("0.00000001"))
        return ShopMoney("GBP", rate, at.replace(hour=0, minute=0, second=0, microsecond=0))
    return None


def _payments(sale: Sale, channel: str, mode: StockMode, total: int) -> tuple[NewPayment, ...]:
    if total == 0:
        return ()
    chance = share(f"pay{sale.invoice}") if mode == "live" else 0.0
    kind: PaymentKind = "capture"
    amount = total
    method: Method
    if channel == "brocante":
        method = "marketplace"
    elif channel == "vietnam":
        # Cash on delivery is paid at the door, so what is still here has no payment.
        method = "wallet" if mode == "live" else "cod"
        if mode == "live" and chance < 0.6:
            return ()
    elif channel == "wholesale":
        method = "bank_transfer"
        if chance > 0.6:
            return ()
        if chance > 0.4:
            amount = max(1, total * 3 // 10)
    else:
        method = "wallet" if draw(f"wallet{sale.invoice}", 4) == 0 else "card"
        if chance > 0.95:
            return ()
        if chance > 0.7:
            kind = "authorize"
    return (NewPayment(kind, method, "manual", f"{channel}-{sale.invoice}", amount),)


def _tags(sale: Sale, channel: str, later: bool) -> tuple[str, ...]:
    tags: list[Literal["gift", "preorder", "b2b", "guest"]] = []
    if draw(f"gift{sale.invoice}", 100) < 6:
        tags.append("gift")
    if later:
        tags.append("preorder")
    if channel == "wholesale":
        tags.append("b2b")
    if not sale.customer:
        tags.append("guest")
    return tuple(tags)
