"""Holds: typed reasons why an order must not move on; several at once, work is released with the last."""

from __future__ import annotations

HOLD_KINDS = ("fraud", "address", "payment", "stock", "manual", "preorder", "mapping")
"""``stock`` and ``mapping`` are set and lifted by the system; people may set and lift the others."""

MANUAL_HOLD_KINDS = ("fraud", "address", "payment", "manual", "preorder")
