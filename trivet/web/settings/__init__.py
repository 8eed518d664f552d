"""Settings: brands, places, channels, routing policy, people, API keys."""
