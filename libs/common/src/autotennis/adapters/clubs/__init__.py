"""The clubs' web sites: one folder a club, and what their clients share."""
