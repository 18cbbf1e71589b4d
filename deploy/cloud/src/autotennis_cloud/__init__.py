"""Puts the system onto Google Cloud, and brings new versions there and back."""
