"""The table of permissions, verb by verb and role by role, written out a second time on purpose."""

from __future__ import annotations

import pytest

from trivet.staff.rules import MAY, ROLES, may, may_give, new_secret, scope_may, secret_digest, verbs_of

#                       owner ops ware supp anal
TABLE = """
order.view              y     y   y    y    y
order.place             y     y   -    y    -
order.edit              y     y   -    y    -
order.cancel            y     y   -    y    -
order.hold              y     y   y    y    -
order.allocate          y     y   -    -    -
customer.view           y     y   -    y    y
customer.edit           y     y   -    y    -
payment.view            y     y   -    y    y
payment.record          y     y   -    -    -
stock.view              y     y   y    y    y
stock.reserve           y     y   -    y    -
stock.adjust            y     y   y    -    -
stock.receive           y     y   y    -    -
stock.approve           y     y   -    -    -
stock.transfer          y     y   y    -    -
catalog.view            y     y   y    y    y
catalog.edit            y     y   -    -    -
exception.view          y     y   y    y    y
exception.resolve       y     y   y    y    -
import.run              y     y   -    -    -
event.read              y     y   -    -    y
settings.view           y     y   -    -    y
settings.edit           y     y   -    -    -
staff.edit              y     -   -    -    -
"""
ROWS = [line.split() for line in TABLE.strip().splitlines()]


def test_the_table_is_whole() -> None:
    assert [row[0] for row in ROWS] == list(MAY)


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_each_verb_by_role(row: list[str]) -> None:
    assert [may(role, row[0]) for role in ROLES] == [mark == "y" for mark in row[1:]]
    assert not may("stranger", row[0])


@pytest.mark.parametrize("verb", list(MAY))
def test_a_scope_opens_its_verb_alone(verb: str) -> None:
    opened = {other for other in MAY if scope_may([verb], other)}
    assert opened == {verb}


def test_the_star_opens_all_but_staff() -> None:
    assert {verb for verb in MAY if scope_may(["*"], verb)} == set(MAY) - {"staff.edit"}
    assert not scope_may(["*"], "order.eat")


def test_nobody_gives_what_they_do_not_have() -> None:
    assert may_give(["order.view", "stock.view"], ["stock.view"]) and may_give(["*"], ["*"])
    assert not may_give(["order.view"], ["stock.view"]) and not may_give(["order.view"], ["*"])
    assert not may_give(["*"], ["staff.edit"]) and not may_give(["*"], ["*", "staff.edit"])
    assert may_give(["*", "staff.edit"], ["*", "staff.edit"])
    assert may_give(["*", "staff.edit"], verbs_of("owner")) and not may_give(["*"], verbs_of("owner"))
    assert may_give(["*"], verbs_of("operations"))


def test_secrets_differ_and_digests_do_not_tell_them() -> None:
    one, other = new_secret(), new_secret()
    assert one != other and one.startswith("tvk_") and one not in secret_digest(one)
