"""To whom we sell: one profile per person, whatever channel they came through."""
