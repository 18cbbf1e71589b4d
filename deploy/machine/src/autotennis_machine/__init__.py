"""Installs the system on one Linux machine, and brings new versions there and back. It needs nothing but Python."""
