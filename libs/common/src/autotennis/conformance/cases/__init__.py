"""What is tried, in the order in which it is tried. A case raises Failed or Missing, and else says what it saw."""
