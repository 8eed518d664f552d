"""Stories over several rooms: the only code, besides the doors, that commands more than one room."""
