"""Spreads what many do over a time: always in the same way, and evenly."""

import zlib


def spread(name: str) -> float:
    """A number from 0 to 1 that is always the same for a name, and evenly spread over many."""
    return zlib.crc32(name.encode()) / 2**32
