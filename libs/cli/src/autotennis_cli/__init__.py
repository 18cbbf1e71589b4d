"""Autotennis on the command line."""
