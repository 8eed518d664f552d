"""The outside world: one folder a partner, none knows another; and the files that wait to be imported."""
