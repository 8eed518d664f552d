"""Files as partners: orders, products and stock that come in as CSV or spreadsheet.

Everything here is pure: a file in, rows with one verdict each and the values made of them out. What is stored is
decided by ``flows.imports``.
"""
