"""What a file of orders calls its SKUs and sells them for: the most frequent of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from trivet.lib.money import exponent, half_even
from trivet.orders.rules.value import LONGEST
from trivet.partners.files.habits import Habits
from trivet.partners.files.parse import FINE, fine


@dataclass(frozen=True, slots=True)
class Named:
    """A SKU of the file with its most frequent description and unit price (minor units, None when never sold)."""

    sku: str
    title: str
    price: int | None


class Names:
    """Counts titles and prices of each SKU; memory grows with the SKUs, not with the rows."""

    def __init__(self) -> None:
        self._titles: dict[str, Counter[str]] = {}
        self._prices: dict[str, Counter[str]] = {}

    def see(self, sku: str, title: str, price: str) -> None:
        """Count one row; an empty title or price only makes the SKU known."""
        titles = self._titles.get(sku)
        if titles is None:
            titles = self._titles[sku] = Counter()
            self._prices[sku] = Counter()
        if title:
            titles[title] += 1
        if price:
            self._prices[sku][price] += 1

    def named(self, currency: str, habits: Habits) -> Iterator[Named]:
        """Every SKU in order, with what it is called and costs most often; ties go to the first in the alphabet."""
        digits = exponent(currency)
        missing = {word.upper() for word in habits.blanks.used}
        for sku in sorted(self._titles):
            if sku in missing or len(sku) > LONGEST:
                continue
            titles: Counter[str] = Counter()
            for title, n in self._titles[sku].items():
                titles[habits.blanks.word(title.strip())] += n
            del titles[""]
            best = min(titles, key=lambda t: (-titles[t], t)) if titles else sku
            yield Named(sku, best[:LONGEST], self._price(sku, digits, habits))

    def _price(self, sku: str, digits: int, habits: Habits) -> int | None:
        prices = self._prices[sku]
        for text in sorted(prices, key=lambda p: (-prices[p], p)):
            try:
                found = half_even(fine(habits.numbers.plain(text, digits), digits), FINE)
            except ValueError:
                continue  # a row of its own says what is wrong with it
            if found > 0:
                return found
        return None
