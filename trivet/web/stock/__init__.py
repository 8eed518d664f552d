"""Products and stock: grid, one SKU, why, adjust, receive."""
