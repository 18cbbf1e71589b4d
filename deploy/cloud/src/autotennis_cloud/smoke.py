"""Whether the pages of a new revision are as they should be, before members see them."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

import aiohttp

SIGN_IN: Final = "/sign-in"
DOCUMENT: Final = "/api/v1/openapi.json"
# What keeps a browser safe; with TLS, which Cloud Run sees to, the last of them, too.
_SAFE: Final = (
    "Content-Security-Policy",
    "X-Content-Type-Options",
    "X-Frame-Options",
    "Referrer-Policy",
    "Strict-Transport-Security",
)
# An instance has to start first.
_TIMEOUT_S: Final = 60
_PAUSE_S: Final = 3.0


@dataclass(frozen=True, slots=True)
class Seen:
    """What an address answered. Status 0: it did not, and the body says why. Names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: str


def complaints(pages: Mapping[str, Seen]) -> list[str]:
    """What is wrong with the sign-in page and the API's document; nothing if all is well."""
    return _of_page(pages[SIGN_IN]) + _of_document(pages[DOCUMENT])


def _of_page(seen: Seen) -> list[str]:
    if seen.status != HTTPStatus.OK or "<form" not in seen.body:
        return [f"{SIGN_IN} is no sign-in page: it answered {_shown(seen)}"]
    return [f"{SIGN_IN} lacks the header {name}" for name in _SAFE if name.lower() not in seen.headers]


def _of_document(seen: Seen) -> list[str]:
    try:
        is_document = seen.status == HTTPStatus.OK and "openapi" in json.loads(seen.body)
    except ValueError:
        is_document = False
    return [] if is_document else [f"{DOCUMENT} is no API document: it answered {_shown(seen)}"]


def _shown(seen: Seen) -> str:
    return f"{seen.status}" if seen.status else f"not at all ({seen.body})"


def smoked(address: str, patience_s: float) -> list[str]:
    """Looks at the pages of this address, again and again until all is well or its patience ends; what is wrong."""
    return asyncio.run(_smoked(address.rstrip("/"), patience_s))


async def _smoked(address: str, patience_s: float) -> list[str]:
    loop = asyncio.get_running_loop()
    deadline_s = loop.time() + patience_s
    limit = aiohttp.ClientTimeout(total=_TIMEOUT_S)
    async with aiohttp.ClientSession(timeout=limit, trust_env=True) as session:
        while True:
            found = complaints({path: await _seen(session, address + path) for path in (SIGN_IN, DOCUMENT)})
            if not found or loop.time() + _PAUSE_S > deadline_s:
                return found
            await asyncio.sleep(_PAUSE_S)


async def _seen(session: aiohttp.ClientSession, address: str) -> Seen:
    try:
        async with session.get(address, allow_redirects=False) as answer:
            headers = {name.lower(): value for name, value in answer.headers.items()}
            return Seen(answer.status, headers, await answer.text(errors="replace"))
    except (aiohttp.ClientError, TimeoutError) as error:
        return Seen(0, {}, str(error) or type(error).__name__)
