"""The outside world: one folder a partner, none knows another."""
