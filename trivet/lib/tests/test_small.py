"""Quantities, machines, money: laws of the small values."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trivet.lib.errors import WrongState
from trivet.lib.machine import Machine
from trivet.lib.money import Money, exponent, is_currency
from trivet.lib.quantities import Quantities

bags = st.dictionaries(st.sampled_from("abcd"), st.integers(0, 9)).map(Quantities)


@given(bags, bags)
def test_quantities_add_and_subtract(one: Quantities[str], other: Quantities[str]) -> None:
    assert one + other - other == one
    assert (one & other) <= one
    assert (one & other) <= other
    assert (one + other).total() == one.total() + other.total()


def test_machine_moves_and_refuses() -> None:
    machine = Machine(
        "door", "shut", {"open": (frozenset({"shut"}), "open"), "shut": (frozenset({"open"}), "shut")}
    )
    assert machine.states == ("shut", "open")
    assert machine.move("open", "shut") == "open"
    assert machine.moves_from("open") == ("shut",)
    with pytest.raises(WrongState):
        machine.move("open", "open")


def test_machine_refuses_states_nobody_reaches() -> None:
    with pytest.raises(ValueError, match="unreachable"):
        Machine("door", "shut", {"open": (frozenset({"ajar"}), "open")})


def test_minor_units_follow_iso_4217() -> None:
    assert [exponent(c) for c in ("VND", "JPY", "KRW", "USD", "EUR", "GBP", "KWD", "BHD", "TND")] == [
        0, 0, 0, 2, 2, 2, 3, 3, 3,
    ]  # fmt: skip


def test_a_currency_is_what_people_pay_with_today() -> None:
    assert all(is_currency(code) for code in ("VND", "JPY", "USD", "EUR", "GBP", "KWD", "CHF", "XOF", "ZWG"))
    never_was = ("ABC", "usd", "", "US")
    no_more = ("DEM", "ROL", "HRK", "ZWL")
    no_money = ("XXX", "XTS", "XAU", "XDR", "CHE", "CLF")
    assert not any(is_currency(code) for code in never_was + no_more + no_money)


def test_history_is_in_the_money_of_its_day() -> None:
    assert is_currency("HRK", date(2022, 12, 31)) and not is_currency("HRK", date(2024, 1, 1))
    assert not is_currency("EUR", date(1998, 1, 1)) and is_currency("EUR", date(2026, 11, 27))
    assert not is_currency("XAU", date(2022, 12, 31))


def test_money_keeps_to_its_currency() -> None:
    assert Money(5, "USD") + Money(7, "USD") == Money(12, "USD")
    with pytest.raises(ValueError, match="cannot mix"):
        Money(5, "USD") + Money(7, "EUR")
    assert [m.minor for m in Money(100, "USD").allocate([1, 1, 1])] == [34, 33, 33]
