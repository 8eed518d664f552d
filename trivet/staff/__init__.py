"""Who works here, what they may do and where; people and API keys share one table of permissions."""
