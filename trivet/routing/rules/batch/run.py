"""Allocation over many orders: settled by proof, then solved group by group, then told as routing tells it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from trivet.routing.rules.batch.large import Large
from trivet.routing.rules.batch.model import Model
from trivet.routing.rules.batch.sift import Sifted, find, join, sift
from trivet.routing.rules.batch.stand import Stand
from trivet.routing.rules.batch.values import Answer, Given, Moved, Resource, Shared, Terms, Use, Waiting
from trivet.routing.rules.batch.ways import Ways, ways
from trivet.routing.rules.cost import Board
from trivet.routing.rules.plan import plan
from trivet.routing.rules.values import Assignment, Key, Plan

_LAST = 0.2
"""Part of a group's seconds that it has at least, when groups before it took longer than they should."""
_ROUNDS = 3

Clock = Callable[[], float]
"""Seconds that have passed."""


def allocate(
    orders: Sequence[Waiting], shared: Shared, terms: Terms, *, clock: Clock, policy_version: int
) -> Answer:
    """The best places for all ``orders`` (in the order of their promises) at once. Errors are none.

    Each keeps its units; none is short that was not. What it costs is what routing counts, and every order that moves
    has the plan that routing would make for it from what the others leave. When the solver's time is over, what it
    has found counts, at least what planning one order after the other finds.
    """
    keep = {p.key: p.min_stock for b in {id(o.board): o.board for o in orders}.values() for p in b.places}
    limits = _limits(orders, shared, keep)
    shared = _seen(limits, keep)
    seen = [ways(order, shared, limits, terms.move_cost) for order in orders]
    greedy = Stand(seen, limits, terms.move_cost)
    before = sum(w.stay for w in seen)
    greedy.improve(n for n, w in enumerate(seen) if w.best is not None)
    sifted = sift(seen, limits)
    stand, bound, by = _solved(seen, limits, sifted, greedy, terms, clock)
    for _ in range(_ROUNDS):
        if not stand.improve(n for n, given in enumerate(stand.plans) if given is not None):
            break
    _give_up_vain(stand, sifted.scarce)
    moved = _told(stand, shared, policy_version)
    return Answer(
        orders=len(orders), before=before, greedy=_cost(greedy), greedy_moved=_moves(greedy), after=_cost(stand),
        weighed=sum(stand.weighed(n) for n in range(len(seen))), bound=bound, fixed=len(sifted.settled),
        components=len(sifted.groups), largest=max(map(len, sifted.groups), default=0), by=by, moved=moved,
    )  # fmt: skip


def _seen(limits: Use, keep: Mapping[Key, int]) -> Shared:
    """What the orders may take as stock and room of places: with what a place keeps back, as routing counts."""
    stock = {(p, v): n + keep.get(p, 0) for (p, v), n in limits.items() if v is not None}
    return Shared(stock, {p: n for (p, v), n in limits.items() if v is None})


def _limits(orders: Sequence[Waiting], shared: Shared, keep: Mapping[Key, int]) -> Use:
    """What all orders may take: never less than they hold, for nobody is made to leave by a level that fell short."""
    held: Use = {}
    for order in orders:
        for d, parts in order.held.items():
            for p, n in parts.items():
                for v, per in order.demands[d].components:
                    held[p, v] = held.get((p, v), 0) + n * per
    limits: Use = {at: max(0, n - keep.get(at[0], 0), held.get(at, 0)) for at, n in shared.stock.items()}
    for at, n in held.items():
        limits.setdefault(at, n)
    on_it: dict[Key, int] = {}
    for order in orders:
        if order.scheduled:
            continue
        ready = {p.key: p.ready_days for p in order.board.places}
        for p in {p for parts in order.held.values() for p in parts} & shared.room.keys():
            if order.days.get(p, 0) <= ready.get(p, 0):
                on_it[p] = on_it.get(p, 0) + 1
    limits.update({(p, None): max(n, on_it.get(p, 0)) for p, n in shared.room.items()})
    return limits


def _solved(
    seen: Sequence[Ways], limits: Use, sifted: Sifted, greedy: Stand, terms: Terms, clock: Clock
) -> tuple[Stand, int, str]:
    stand = Stand(seen, limits, terms.move_cost)
    bound = 0
    for n in sifted.settled:
        stand.put(n, seen[n].best)
        bound += seen[n].least
    by, begun = "solver", clock()
    orders_left = sum(map(len, sifted.groups))
    for group in sifted.groups:
        free = sum(seen[n].least for n in group)
        seconds = terms.seconds - (clock() - begun)
        share = max(seconds, _LAST * terms.seconds * len(group) / orders_left)
        best, known = _group(seen, limits, sifted.scarce, group, greedy, terms, share, clock)
        bound += max(free, known)
        for n, given in best.items():
            stand.put(n, given)
    if not stand.sound() or _total(stand) > _total(greedy):
        # What the solver answers is checked in whole numbers; should it not hold, the greedy answer does.
        stand, by = greedy, "greedy"
    return stand, min(bound, _total(stand)), by


def _group(
    seen: Sequence[Ways], limits: Use, scarce: set[Resource], group: Sequence[int], greedy: Stand, terms: Terms,
    seconds: float, clock: Clock,
) -> tuple[dict[int, Given | None], int]:  # fmt: skip
    if len(group) == 1 and seen[group[0]].proven:
        return {group[0]: seen[group[0]].best}, 0
    model = Model([seen[n] for n in group], limits, scarce, terms.move_cost)
    start = {k: given for k, n in enumerate(group) if (given := greedy.plans[n]) is not None}
    if len(model.cost) > terms.large:
        found = Large(model, limits, scarce, terms.gap).solve(start, seconds, clock)
    else:
        found = model.solve(start, terms.gap, seconds)
    return {n: found.given.get(k) for k, n in enumerate(group)}, found.bound


def _give_up_vain(stand: Stand, scarce: set[Resource]) -> None:
    """Moves that hang together and do not save what they cost are not made."""
    moved = [n for n, given in enumerate(stand.plans) if given is not None]
    root = {n: n for n in moved}
    first: dict[Resource, int] = {}
    for n in moved:
        for r in (*stand.used(n), *stand.orders[n].held):
            if r in scarce:
                join(root, first.setdefault(r, n), n)
    gain: dict[int, int] = {}
    for n in moved:
        top = find(root, n)
        gain[top] = gain.get(top, 0) + stand.orders[n].stay - stand.weighed(n)
    for n in moved:
        if gain[find(root, n)] <= 0:
            stand.put(n, None)


def _told(stand: Stand, shared: Shared, version: int) -> list[Moved]:
    free = dict(shared.stock)
    room = dict(shared.room)
    for n in range(len(stand.orders)):
        _take(free, room, stand.used(n), -1)
    boards: dict[tuple[object, ...], Board] = {}
    found = []
    came: dict[Resource, list[int]] = {}
    for n, given in enumerate(stand.plans):
        if given is not None:
            for r in stand.used(n).keys() - stand.orders[n].held.keys():
                came.setdefault(r, []).append(n)
    for n, given in enumerate(stand.plans):
        if given is None:
            continue
        w, own = stand.orders[n], stand.used(n)
        _take(free, room, own, 1)
        told = _plan(w, given, free, _board(w, room, boards), version)
        _take(free, room, own, -1)
        after = w.cost(given)
        left = w.held.keys() - own.keys()
        others = dict.fromkeys(
            stand.orders[k].order.key for r in left for k in came.get(r, ()) if k != n and after > w.stay
        )
        found.append(Moved(w.order, given, w.stay, after, told, tuple(others)))
    return found


def _take(free: dict[tuple[Key, Key], int], room: dict[Key, int], use: Use, sign: int) -> None:
    for (p, v), n in use.items():
        if v is None:
            room[p] += sign * n
        else:
            free[p, v] = free.get((p, v), 0) + sign * n


def _board(w: Ways, room: dict[Key, int], known: dict[tuple[object, ...], Board]) -> Board:
    board = w.order.board
    if not room or w.order.scheduled:
        return board
    # Where it ships already on a later day it needs no room.
    left = {p: max(0, n) if p in w.roomy else max(1, n) for p, n in room.items()}
    key = (id(board), *sorted(left.items(), key=str))
    if key not in known:
        known[key] = Board(
            board.policy, [replace(p, capacity_left=left.get(p.key, p.capacity_left)) for p in board.places]
        )
    return known[key]


def _plan(w: Ways, given: Given, stock: dict[tuple[Key, Key], int], board: Board, version: int) -> Plan:
    """The plan as routing makes and explains it; told to have nothing else where it would choose otherwise."""
    found = _routed(w, stock, board, version)
    if _given(found.assignments) != given:
        only: dict[tuple[Key, Key], int] = {}
        places = {p.key: p for p in board.places}
        for (p, v), n in w.use(given).items():
            if v is not None:
                only[p, v] = n + places[p].min_stock
        used = {p for parts in given.values() for p in parts}
        found = _routed(w, only, Board(board.policy, [p for p in board.places if p.key in used]), version)
    return found


def _routed(w: Ways, stock: dict[tuple[Key, Key], int], board: Board, version: int) -> Plan:
    order = w.order
    return plan(
        board.policy, board, order.to, order.demands, stock, policy_version=version, ship_together=order.together,
        never_split_lines=order.whole_lines, on_shortage="backorder", method=order.method, channel=order.channel,
    )  # fmt: skip


def _given(assignments: Sequence[Assignment]) -> Given:
    found: Given = {}
    for a in assignments:
        found.setdefault(a.line, {})[a.place] = a.quantity
    return found


def _total(stand: Stand) -> int:
    return sum(stand.weighed(n) for n in range(len(stand.orders)))


def _cost(stand: Stand) -> int:
    return _total(stand) - stand.move_cost * _moves(stand)


def _moves(stand: Stand) -> int:
    return sum(given is not None for given in stand.plans)
