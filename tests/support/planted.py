"""Secrets that were planted, looked for in whatever is left of a system: as they are, and as they could be written."""

import base64
import json
from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import quote, quote_plus

# A shorter text could stand somewhere by chance once it is written in another way.
_SHORTEST: Final = 6


def ways_to_write(secret: str) -> Iterable[bytes]:
    """The secret as it is, escaped for addresses and JSON, in hexadecimal digits, in base64, and in wider letters."""
    plain = secret.encode()
    yield plain
    if len(plain) < _SHORTEST:
        return
    yield from (quote(secret, safe="").encode(), quote_plus(secret).encode(), json.dumps(secret)[1:-1].encode())
    yield from (plain.hex().encode(), plain.hex().upper().encode())
    yield from (secret.encode("utf-16-le"), secret.encode("utf-16-be"), secret.encode("utf-32-le"))
    for before in range(3):
        # What stands before it shifts its bits; the letters at both ends depend on its neighbours.
        written = base64.b64encode(bytes(before) + plain).rstrip(b"=")
        inner = written[(before * 8 + 5) // 6 : (before + len(plain)) * 8 // 6]
        yield from (inner, inner.translate(bytes.maketrans(b"+/", b"-_")))


def found_in(content: bytes, secrets: Mapping[str, str]) -> list[str]:
    """The names of those that stand in there, in any way."""
    return [name for name, secret in secrets.items() if any(one in content for one in ways_to_write(secret))]
