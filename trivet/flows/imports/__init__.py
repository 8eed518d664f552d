"""Imports: orders, products and stock from files. Every row one verdict; the same file twice creates nothing."""

from trivet.flows.imports.catalog import import_catalog
from trivet.flows.imports.orders import FORMATS, STOCK, import_orders
from trivet.flows.imports.past import PastImport, past_import, past_imports
from trivet.flows.imports.report import IMPORTER, Progress, Report, RowListener
from trivet.flows.imports.stock import import_stock
from trivet.flows.imports.table import csv_head, csv_line, csv_lines, verdict_row

__all__ = [
    "FORMATS",
    "IMPORTER",
    "STOCK",
    "PastImport",
    "Progress",
    "Report",
    "RowListener",
    "csv_head",
    "csv_line",
    "csv_lines",
    "import_catalog",
    "import_orders",
    "import_stock",
    "past_import",
    "past_imports",
    "verdict_row",
]
