"""The JSON API of Autotennis with a member's token, as far as a rehearsal needs it."""

import asyncio
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

import aiohttp
from pydantic import SecretStr

from autotennis.errors import AutotennisError, Transient
from autotennis_local.evening.judging import Told

_TRIES: Final = 4
_AGAIN_AFTER_S: Final = 1.0
_LONGEST_WAIT_S: Final = 15.0
_BUSY: Final = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE})


class ApiRefused(AutotennisError):
    """The API did not do what was asked; its own words stand in the text."""


class MemberApi:
    """What a member asks of the API. Everything raises ApiRefused, and Transient where nobody answers."""

    def __init__(self, session: aiohttp.ClientSession, token: SecretStr) -> None:
        self._session = session
        self._token = token

    async def book(self, session: Mapping[str, Any], key: str, *, weekly: bool) -> Told:
        """Asks for a place; the same request again under the same key is the same wish."""
        return Told.model_validate(await self._ask("POST", "/bookings", {"session": session, "weekly": weekly}, key))

    async def cancel(self, booking_id: str) -> None:
        """Cancels a booking that has no place yet."""
        await self._ask("POST", f"/bookings/{booking_id}/cancel", {})

    async def bookings(self) -> Sequence[Told]:
        """The member's bookings, in short: without what was sent for them."""
        return [Told.model_validate(one) for one in (await self._ask("GET", "/bookings?limit=100"))["bookings"]]

    async def booking(self, booking_id: str) -> Told:
        """One booking with everything."""
        return Told.model_validate(await self._ask("GET", f"/bookings/{booking_id}"))

    async def tell_nothing(self) -> None:
        """Takes away every channel: who is invented has no mail."""
        for channel in (await self._ask("GET", "/channels"))["channels"]:
            await self._ask("POST", f"/channels/{channel['id']}/remove")

    async def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None, key: str = "") -> Any:
        """The answer. What may come to be asked in vain is asked again: all of it may be."""
        for left in reversed(range(_TRIES)):
            try:
                return await self._once(method, path, body, key)
            except Transient as error:
                if not left:
                    raise
                await asyncio.sleep(min(error.retry_after_s or _AGAIN_AFTER_S, _LONGEST_WAIT_S))
        raise AssertionError

    async def _once(self, method: str, path: str, body: Mapping[str, Any] | None, key: str) -> Any:
        headers = {"Authorization": f"Bearer {self._token.get_secret_value()}"}
        if key:
            headers["Idempotency-Key"] = key
        try:
            async with self._session.request(method, f"/api/v1{path}", json=body, headers=headers) as answer:
                if answer.ok:
                    return await answer.json()
                words = f"{path}: HTTP {answer.status} {(await answer.text())[:300]}"
                if answer.status in _BUSY:
                    raise Transient(words, retry_after_s=_seconds(answer.headers.get("Retry-After")))
                raise ApiRefused(f"The API refused {words}")
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Transient(f"Autotennis does not answer ({type(error).__name__}).") from None


def _seconds(text: str | None) -> float | None:
    return float(text) if text and text.isdecimal() else None
