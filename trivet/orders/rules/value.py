"""``NewOrder``: an order as a channel tells it, normalised. The one value that every way in produces."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import UTC, datetime
from decimal import Decimal
from typing import Literal

from trivet.lib.digest import digest, unsaid

OnShortage = Literal["accept", "backorder", "refuse"]
StockMode = Literal["live", "skip", "force"]
PaymentKind = Literal["authorize", "capture"]
Method = Literal[
    "card", "wallet", "bank_transfer", "cod", "store_credit", "gift_card", "marketplace", "cash", "other"
]

MAX_AMOUNT = 10**14
"""The largest amount in minor units that one field may carry; sums stay far below 2**53."""
MAX_QUANTITY = 1_000_000
MAX_LINES = 5_000
LONGEST = 500
"""Characters of one text, whichever way it comes in."""
LONGEST_NOTE = 10_000
LONGEST_GIFT_MESSAGE = 500


@dataclass(frozen=True, slots=True)
class Address:
    """Where something goes. ``country`` is ISO 3166-1 alpha-2; everything else is free text."""

    name: str = ""
    line1: str = ""
    line2: str = ""
    city: str = ""
    region: str = ""
    postal_code: str = ""
    country: str = ""
    phone: str = ""

    def as_dict(self) -> dict[str, str]:
        """The parts that are filled, ready for a JSON column."""
        return {f: v for f in ADDRESS_FIELDS if (v := getattr(self, f))}


ADDRESS_FIELDS = tuple(f.name for f in fields(Address))


@dataclass(frozen=True, slots=True)
class Person:
    """Who bought, as the channel knows them; ``external_id`` is the channel's own id of the customer."""

    external_id: str = ""
    email: str = ""
    phone: str = ""
    name: str = ""
    locale: str = ""


@dataclass(frozen=True, slots=True)
class NewTaxLine:
    """One tax as received. ``rate`` is a fraction (``0.10`` is 10 %), ``amount`` in minor units.

    ``marketplace`` marks tax that the marketplace collects and remits itself.
    """

    title: str
    rate: Decimal
    amount: int
    jurisdiction: str = ""
    marketplace: bool = False


@dataclass(frozen=True, slots=True)
class NewLine:
    """One line. ``unit_price``, ``discount`` and ``tax`` in minor units, the latter two for the whole line."""

    external_id: str
    sku: str
    title: str
    quantity: int
    unit_price: int
    discount: int = 0
    tax: int = 0
    tax_included: bool = True
    tax_lines: tuple[NewTaxLine, ...] = ()

    @property
    def gross(self) -> int:
        """Unit price times quantity, before any discount."""
        return self.unit_price * self.quantity


@dataclass(frozen=True, slots=True)
class NewShipping:
    """What the customer pays for delivery, in minor units."""

    method: str = "standard"
    price: int = 0
    discount: int = 0
    tax: int = 0
    tax_included: bool = True

    @property
    def total(self) -> int:
        """What is due for shipping: price − discount, plus tax where it is not inside the price."""
        return self.price - self.discount + (0 if self.tax_included else self.tax)


@dataclass(frozen=True, slots=True)
class NewDiscount:
    """A discount on the whole order, split over the lines by rule R2."""

    code: str
    amount: int


@dataclass(frozen=True, slots=True)
class NewPayment:
    """Money that the channel says was authorised or captured.

    ``parent`` of a capture is the reference of the authorisation that it captures, of the same gateway;
    ``expires_at`` of an authorisation is when it ends.
    """

    kind: PaymentKind
    method: Method
    gateway: str
    reference: str
    amount: int
    parent: str = ""
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ShopMoney:
    """The shop's own currency beside the order's: ``amount_shop = amount × rate``, as quoted at ``rated_at``.

    What is paid out may be of a third currency: ``amount_settlement = amount × settlement_rate``, as quoted at
    ``settlement_rated_at``. Rates are between whole units, not minor ones.
    """

    currency: str
    rate: Decimal
    rated_at: datetime
    settlement_currency: str = ""
    settlement_rate: Decimal | None = None
    settlement_rated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class NewOrder:
    """An order as it comes in, from whatever channel. Times are UTC, money is in minor units.

    ``gift`` and its message are for who packs the order; where it ships from does not depend on them.
    """

    channel: str
    external_id: str
    placed_at: datetime
    currency: str
    lines: tuple[NewLine, ...]
    customer: Person | None = None
    ship_to: Address | None = None
    bill_to: Address | None = None
    pickup_location: str = ""
    shipping: NewShipping = NewShipping()
    discounts: tuple[NewDiscount, ...] = ()
    payments: tuple[NewPayment, ...] = ()
    shop_money: ShopMoney | None = None
    reservation: str = ""
    on_shortage: OnShortage | None = None
    ship_together: bool = False
    never_split_lines: bool = True
    fulfill_at: datetime | None = None
    gift: bool = False
    gift_message: str = ""
    tags: tuple[str, ...] = ()
    note: str = ""

    def sameness(self) -> str:
        """The hash that tells a repeat from other content under the same key; tags and note do not count."""
        counting = [getattr(self, name) for name in _COUNTING]
        if self.gift:
            counting.append(["gift", self.gift_message])
        return digest(counting, _canonical, _LATER)


_COUNTING = tuple(f.name for f in fields(NewOrder) if f.name not in {"tags", "note", "gift", "gift_message"})
"""A gift counts where it is one: orders of before there were gifts keep their hash."""
_LATER = unsaid("parent", "expires_at", "settlement_rated_at")
"""Fields that orders of old do not have."""


def _canonical(value: object) -> str:
    """The one way to write an instant or a number, however its sender wrote it."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, Decimal):
        return str(value.normalize())
    raise TypeError(f"cannot hash {type(value).__name__}")
