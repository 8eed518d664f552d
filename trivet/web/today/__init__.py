"""Today: what needs you now."""
