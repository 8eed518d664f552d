"""Which place ships what: pure planning, and the decisions made, with their reasons."""
