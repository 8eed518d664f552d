"""Which places may ship a channel's orders at all, whatever they have and however busy they are."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from trivet.routing.rules.cost import barred
from trivet.routing.rules.values import Place, Policy

_ELSE = "?"
"""Stands for every country or method that nothing names."""


def serving(
    policy: Policy,
    places: Sequence[Place],
    channel: str,
    country: str | None = None,
    method: str | None = None,
) -> list[Place]:
    """Those of ``places`` that could ship an order of ``channel`` to ``country`` by ``method``, by priority and code.

    None stands for any: a place counts that could ship some order. What bars a place are the policy's rules and
    kinds and the methods and countries that it serves; a full day only delays, a capacity of none bars. Orders that
    are collected go by their own place alone and are not meant here.
    """
    countries = [country] if country is not None else _named("countries", policy, places)
    methods = [method] if method is not None else _named("methods", policy, places)
    return [
        place
        for place in sorted(places, key=lambda p: (p.priority, p.code))
        if any(not barred(policy, place, to, channel, by) for to, by in product(countries, methods))
    ]


def _named(what: str, policy: Policy, places: Sequence[Place]) -> list[str]:
    """All that rules and places tell apart: one that nobody names stands for the rest."""
    named = {name for rule in policy.rules for name in getattr(rule, what)}
    named |= {name for place in places for name in getattr(place, what) or ()}
    return [_ELSE, *sorted(named)]
