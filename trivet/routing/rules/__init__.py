"""Which place ships what: pure planning for the order at hand, with its reasons.

``plan`` finds the places, ``replay`` repeats a stored decision from its explanation, bit for bit.
"""

from trivet.routing.rules.plan import plan, replay
from trivet.routing.rules.values import Assignment, Demand, Destination, Place, Plan, Policy, Zone

__all__ = ["Assignment", "Demand", "Destination", "Place", "Plan", "Policy", "Zone", "plan", "replay"]
