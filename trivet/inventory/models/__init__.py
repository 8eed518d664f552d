"""Tables of stock: levels and their ledger, promises, and goods on their way between places."""

from trivet.inventory.models.level import (
    AdjustmentRequest,
    Allocation,
    BackorderLimit,
    Reservation,
    ReservationLine,
    StockEntry,
    StockLevel,
)
from trivet.inventory.models.transfer import Transfer, TransferLine, TransferReceipt

__all__ = (
    "AdjustmentRequest", "Allocation", "BackorderLimit", "Reservation", "ReservationLine", "StockEntry", "StockLevel",
    "Transfer", "TransferLine", "TransferReceipt",
)  # fmt: skip
