"""The named world: one shop told as a script over flows. Demo, tests and screenshots use it.

What is real: SKUs, descriptions, prices, quantities, times of day, countries and who bought together, from the UCI
Online Retail data (CC BY 4.0, see ``data/ATTRIBUTION.md``); UK outcodes. What is invented, always the same way, and
marked (``invented`` on customers and orders, a sentence in each product): the brand and its places, names, e-mails,
phones and addresses, weights, barcodes and unit costs, bundles, exchange rates, how orders were paid, what is in stock.
Nothing imports this package; it calls the same flows and verbs as every door.
"""
