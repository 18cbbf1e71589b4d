"""Clubs of this kind, read for Autotennis."""
