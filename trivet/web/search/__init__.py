"""The search box at the top."""
