"""Clubs whose members book in a shop of pretix, the ticketing software."""
