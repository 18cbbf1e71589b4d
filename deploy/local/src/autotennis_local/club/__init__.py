"""`autotennis club`: trying a club's client at its real site, and beginning one of one's own."""
