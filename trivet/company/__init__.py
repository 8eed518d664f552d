"""The brands, channels and places of one company; upstream of everything that happens in it."""
