"""What we sell: products, variants (SKUs), barcodes, costs and bundles."""
