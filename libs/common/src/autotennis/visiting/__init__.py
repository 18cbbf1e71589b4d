"""How a service acts for a member at a club: politely, within a budget, and seeing the proof."""
