"""What routing plans with: places, demands, a destination, a policy; and what it answers."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import asdict, dataclass, field, fields
from itertools import pairwise
from typing import Any

from trivet.lib.errors import Invalid

Key = Hashable
"""What names a place or a variant: an id in the live system, its text in a replay."""


@dataclass(frozen=True, slots=True)
class Zone:
    """A step of the shipping estimate: up to ``km``, a parcel costs ``base`` plus ``per_kg``, in minor units."""

    km: int
    base: int
    per_kg: int


@dataclass(frozen=True, slots=True)
class Rule:
    """Whether places may ship orders (``allow``), where all conditions fit; an empty condition fits everything.

    ``countries`` are those of the destination, ``places`` codes.
    """

    allow: bool
    channels: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    places: tuple[str, ...] = ()


BOUNDS: dict[str, tuple[int, int]] = {
    "unknown_distance_km": (0, 100_000), "max_parcels": (1, 50), "exact_steps": (1, 200_000),
    **dict.fromkeys(
        ("cross_border", "handling_parcel", "handling_unit", "parcel_penalty", "late_per_day", "min_value_per_parcel"),
        (0, 10**10),
    ),
}  # fmt: skip
"""What people may set the numbers of a policy to; amounts in minor units of its currency.

Policies that are stored already may lie beyond: they are read, and planning holds to the most of ``exact_steps``.
"""
MOST_ZONES = 30
MOST_RULES = 50


@dataclass(frozen=True, slots=True)
class Policy:
    """How places are chosen, as versioned data. Amounts in minor units of ``currency``.

    ``parcel_penalty`` is what each parcel beyond the first costs in nuisance; ``late_per_day`` what a day of waiting
    for the next dispatch costs; ``max_parcels`` and ``min_value_per_parcel`` bound splitting (a parcel of a split
    order is worth at least that much); ``kinds`` are the kinds of places that may ship at all;
    ``cross_border`` is added where origin and destination differ in country. Of ``rules`` the first that fits an
    order and a place decides. ``exact_steps`` limits the search; beyond it the answer carries a lower bound.
    """

    currency: str = "GBP"
    zones: tuple[Zone, ...] = (
        Zone(50, 290, 20), Zone(200, 320, 25), Zone(600, 350, 35), Zone(1_500, 690, 90), Zone(4_000, 990, 220),
        Zone(30_000, 1_490, 480),
    )  # fmt: skip
    unknown_distance_km: int = 1_000
    cross_border: int = 250
    handling_parcel: int = 80
    handling_unit: int = 10
    parcel_penalty: int = 200
    late_per_day: int = 60
    max_parcels: int = 4
    min_value_per_parcel: int = 0
    kinds: tuple[str, ...] = ("warehouse", "store", "3pl")
    exact_steps: int = 20_000
    rules: tuple[Rule, ...] = ()

    def zone(self, km: float) -> Zone:
        """The step that a distance falls into; the last one beyond all."""
        for zone in self.zones:
            if km <= zone.km:
                return zone
        return self.zones[-1]

    @staticmethod
    def from_dict(data: Mapping[str, Any]) -> Policy:
        """A policy from its stored form; :class:`Invalid` names the field at fault."""
        known = {f.name for f in fields(Policy)}
        for name in data:
            if name not in known:
                raise Invalid(name, "is not part of a routing policy")
        values = dict(data)
        if "zones" in values:
            values["zones"] = _zones(values["zones"])
        if "rules" in values:
            values["rules"] = _rules(values["rules"])
        for name, value in values.items():
            if name == "currency":
                if not isinstance(value, str) or len(value) != 3:
                    raise Invalid(name, "must be a currency code")
            elif name == "kinds":
                if not isinstance(value, list | tuple) or not all(isinstance(k, str) for k in value):
                    raise Invalid(name, "must be a list of kinds of places")
                values[name] = tuple(value)
            elif name not in {"zones", "rules"} and (not _is_int(value) or not 0 <= value <= 10**12):
                raise Invalid(name, "must be a whole number, not negative")
        if values.get("max_parcels", 1) < 1:
            raise Invalid("max_parcels", "must be at least 1")
        return Policy(**values)

    @staticmethod
    def proposed(data: Mapping[str, Any]) -> Policy:
        """A policy that somebody wants: like :meth:`from_dict`, and within :data:`BOUNDS`."""
        policy = Policy.from_dict(data)
        for name, (least, most) in BOUNDS.items():
            if not least <= getattr(policy, name) <= most:
                raise Invalid(name, f"must lie between {least} and {most}")
        if len(policy.zones) > MOST_ZONES:
            raise Invalid("zones", f"may have {MOST_ZONES} entries at most")
        if len(policy.rules) > MOST_RULES:
            raise Invalid("rules", f"may have {MOST_RULES} entries at most")
        return policy

    @property
    def steps(self) -> int:
        """What the search may take: ``exact_steps``, and never more than may be set today."""
        return min(self.exact_steps, BOUNDS["exact_steps"][1])

    def as_dict(self) -> dict[str, Any]:
        """The stored form."""
        rules = [{k: v if k == "allow" else list(v) for k, v in asdict(rule).items()} for rule in self.rules]
        return asdict(self) | {
            "zones": [asdict(z) for z in self.zones],
            "kinds": list(self.kinds),
            "rules": rules,
        }


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _zones(rows: Any) -> tuple[Zone, ...]:
    if not isinstance(rows, list | tuple) or not rows:
        raise Invalid("zones", "needs at least one zone")
    zones = []
    for n, row in enumerate(rows):
        if not isinstance(row, Mapping) or set(row) != {"km", "base", "per_kg"}:
            raise Invalid(f"zones[{n}]", "needs km, base and per_kg")
        for name, value in row.items():
            if not _is_int(value) or not 0 <= value <= 10**9:
                raise Invalid(f"zones[{n}].{name}", "must be a whole number, not negative")
        zones.append(Zone(**row))
    if any(a.km >= b.km for a, b in pairwise(zones)):
        raise Invalid("zones", "must grow in km")
    return tuple(zones)


def _rules(rows: Any) -> tuple[Rule, ...]:
    known = {f.name for f in fields(Rule)}
    if not isinstance(rows, list | tuple):
        raise Invalid("rules", "must be a list")
    rules = []
    for n, row in enumerate(rows):
        if not isinstance(row, Mapping) or not isinstance(row.get("allow"), bool):
            raise Invalid(f"rules[{n}].allow", "must be true or false")
        for name, value in row.items():
            if name not in known:
                raise Invalid(f"rules[{n}].{name}", "is not part of a rule")
            if name != "allow" and not (
                isinstance(value, list | tuple) and all(isinstance(v, str) and v for v in value)
            ):
                raise Invalid(f"rules[{n}].{name}", "must be a list of names")
        conditions = {k: tuple(v) for k, v in row.items() if k != "allow"}
        rules.append(Rule(row["allow"], **conditions))
    return tuple(rules)


@dataclass(frozen=True, slots=True)
class Place:
    """A place that might ship. ``None`` for methods or countries means all; ``min_stock`` is kept back per SKU.

    ``ready_days``: days until its next dispatch; ``capacity_left``: orders which that can still take (None: no limit);
    ``room_days``: days until the first dispatch with room, where the next has none (None: there never is);
    ``handling_minor`` replaces the policy's handling of a parcel.
    """

    key: Key
    code: str
    name: str
    kind: str
    country: str
    lat: float | None
    lon: float | None
    priority: int
    ready_days: int
    capacity_left: int | None
    methods: frozenset[str] | None
    countries: frozenset[str] | None
    min_stock: int
    handling_minor: int | None
    room_days: int | None = None


@dataclass(frozen=True, slots=True)
class Destination:
    """Where it goes; ``precision`` says how exactly the point is known."""

    country: str
    lat: float | None
    lon: float | None
    precision: str


@dataclass(frozen=True, slots=True)
class Demand:
    """A line: ``quantity`` units, each made of ``components`` (variant, units) that ship from one place."""

    line: int
    quantity: int
    components: tuple[tuple[Key, int], ...]
    weight_g: int
    value_minor: int


@dataclass(frozen=True, slots=True)
class Assignment:
    """Units of a line that a place ships."""

    line: int
    place: Any
    quantity: int


@dataclass(slots=True)
class Plan:
    """The answer. ``cost`` and ``bound`` in minor units (equal when ``exact``); ``short`` is what nobody can ship.

    ``refused``: stock does not allow what the order demands, nothing is assigned. ``waits``: the order ships
    together and waits for the rest.
    """

    assignments: tuple[Assignment, ...]
    short: dict[int, int]
    cost: int
    bound: int
    exact: bool
    refused: bool
    waits: bool
    policy_version: int
    explanation: dict[str, Any] = field(default_factory=dict)
