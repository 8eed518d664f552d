"""The JSON door: everything the console can do, and webhooks in."""
