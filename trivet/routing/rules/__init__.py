"""Which place ships what: pure planning for the order at hand, with its reasons.

``plan`` finds the places, ``replay`` repeats a stored decision from its explanation, bit for bit. ``Board`` holds
places for many plans; ``serving`` tells which places could ship at all.
"""

from trivet.routing.rules.cost import Board
from trivet.routing.rules.plan import plan, replay
from trivet.routing.rules.serving import serving
from trivet.routing.rules.values import (
    BOUNDS,
    Assignment,
    Demand,
    Destination,
    Place,
    Plan,
    Policy,
    Rule,
    Zone,
)

__all__ = [
    "BOUNDS",
    "Assignment",
    "Board",
    "Demand",
    "Destination",
    "Place",
    "Plan",
    "Policy",
    "Rule",
    "Zone",
    "plan",
    "replay",
    "serving",
]
