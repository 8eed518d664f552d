"""Intake: how orders come in, one or many, from whatever door.

``place`` joins concurrent callers into one transaction (group commit); ``place_group`` places a group that the
caller has already gathered. Both end in ``place_many``: read, decide in memory under lock, write.
"""

from trivet.flows.intake.group import place, place_group
from trivet.flows.intake.place_many import place_many
from trivet.flows.intake.request import Request, prepare
from trivet.flows.intake.result import OpenedFulfillmentOrder, Placed, PlacedLine, Result

__all__ = [
    "OpenedFulfillmentOrder",
    "Placed",
    "PlacedLine",
    "Request",
    "Result",
    "place",
    "place_group",
    "place_many",
    "prepare",
]
