"""All ways to ship an order that are worth a thought, where they are few enough to be written down one by one."""

from __future__ import annotations

from trivet.routing.rules.batch.values import Given, Resource, Use
from trivet.routing.rules.batch.ways import Ways
from trivet.routing.rules.values import Key

MOST = 600
"""Ways of an order that are kept side by side."""

Option = tuple[int, Use, Given]
"""Cost, what it takes of scarce resources, plan."""
_Taken = tuple[tuple[Resource, int], ...]
_Begun = dict[tuple[int, _Taken], tuple[int, tuple[Key, ...]]]
"""(places as bits, scarce units taken) → (cost of units, place of each line so far): the cheapest of each."""


def options(ways: Ways, scarce: set[Resource]) -> list[Option] | None:
    """The ways to ship ``ways`` anew, the cheapest first; None where there are too many.

    Left out is what costs no less than another that takes of the same scarce resources or of fewer. Lines are placed
    one after another; of two beginnings at the same places that take the same, only the cheaper one goes on.
    """
    goods, several = ways.goods, ways.most > 1
    if several and (
        ways.policy.min_value_per_parcel or not (ways.order.whole_lines or max(goods.quantity) == 1)
    ):
        return None
    places = [c.lane.place.key for c in ways.open]
    begun: _Begun = {(0, ()): (0, ())}
    for d in range(len(goods.quantity)):
        begun = _longer(ways, d, begun, scarce)
        if len(begun) > MOST:
            return None
    parcels: dict[int, int] = {}
    found = []
    for (bits, taken), (cost, plan) in begun.items():
        if bits not in parcels:
            parcels[bits] = ways.parcels([p for n, p in enumerate(places) if bits >> n & 1])
        use: Use = {}
        for r, n in taken:
            use[r] = use.get(r, 0) + n
        if ways.roomy:
            use.update({(p, None): 1 for p in ways.roomy.intersection(plan) if (p, None) in scarce})
        found.append((cost + parcels[bits], use, plan))
    found.sort(key=lambda option: option[0])
    return [
        (cost, use, {d: {p: n} for d, (p, n) in enumerate(zip(plan, goods.quantity, strict=True))})
        for cost, use, plan in _undominated(found)
    ]


def _longer(ways: Ways, d: int, begun: _Begun, scarce: set[Resource]) -> _Begun:
    """Every beginning with line ``d`` at every place that has it whole."""
    goods, quantity = ways.goods, ways.goods.quantity[d]
    steps = []
    for n, c in enumerate(ways.open):
        if c.can[d] == quantity:
            p = c.lane.place.key
            uses = [((p, goods.variants[v]), per * quantity) for v, per in goods.parts[d]]
            steps.append((1 << n, p, c.unit[d] * quantity, tuple(u for u in uses if u[0] in scarce)))
    longer: _Begun = {}
    for (bits, taken), (cost, plan) in begun.items():
        for bit, p, units, uses_here in steps:
            both = bits | bit
            if both != bits and both.bit_count() > ways.most:
                continue
            key = (both, taken + uses_here)
            known = longer.get(key)
            if known is None or cost + units < known[0]:
                longer[key] = (cost + units, (*plan, p))
    return longer


def _undominated(found: list[tuple[int, Use, tuple[Key, ...]]]) -> list[tuple[int, Use, tuple[Key, ...]]]:
    kept, takes = [], list[frozenset[tuple[Resource, int]]]()
    for option in found:
        mine = frozenset(option[1].items())
        for other in takes:
            if other <= mine:
                break
        else:
            kept.append(option)
            takes.append(mine)
    return kept
