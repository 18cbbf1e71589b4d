"""Pushes one delivery over HTTP and tells how it went."""

import asyncio
import contextlib
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

import aiohttp
from pydantic import SecretStr

from autotennis.adapters.local.bus import Delivery, Outcome, Settlement
from autotennis.errors import BadEvent
from autotennis.flow import Service
from autotennis.push import seal_envelope

_CONNECT_TIMEOUT_S: Final = 2.0
_LONGEST_REASON: Final = 300
# A consumer may ask to be left alone for a while, but not for ever.
_LONGEST_RETRY_AFTER_S: Final = 600.0


class Pusher:
    """Knows where each consumer listens and how long it may hold a request (`deadlines_s`)."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        endpoints: Mapping[Service, str],
        push_secret: SecretStr,
        deadlines_s: Mapping[Service, float],
    ) -> None:
        self._session = session
        self._endpoints = endpoints
        self._headers = {
            "Authorization": f"Bearer {push_secret.get_secret_value()}",
            "Content-Type": "application/json",
        }
        self._deadlines_s = deadlines_s

    async def push(self, delivery: Delivery) -> Settlement:
        """Delivers once. Whatever goes wrong is in the settlement, with the reason."""
        deadline_s = self._deadlines_s[delivery.consumer]
        timeout = aiohttp.ClientTimeout(total=deadline_s, sock_connect=_CONNECT_TIMEOUT_S)
        url = self._endpoints[delivery.consumer].rstrip("/") + "/events"
        try:
            async with self._session.post(
                url, data=_envelope(delivery), headers=self._headers, timeout=timeout, allow_redirects=False
            ) as answer:
                return await _judged(delivery, answer)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            return Settlement(delivery.id, Outcome.UNREACHED, f"no connection: {type(error).__name__}")
        except BadEvent as error:
            # It never left; but what is done about it is the same.
            return Settlement(delivery.id, Outcome.REFUSED, str(error))
        except TimeoutError:
            return Settlement(delivery.id, Outcome.REFUSED, f"no answer within {deadline_s:g} s")
        except (aiohttp.ClientError, OSError) as error:
            return Settlement(delivery.id, Outcome.BROKEN, f"the connection broke: {type(error).__name__}")

    async def is_reachable(self, consumer: Service) -> bool:
        """Whether somebody listens where the consumer should."""
        address = urlsplit(self._endpoints[consumer])
        port = address.port or (443 if address.scheme == "https" else 80)
        try:
            async with asyncio.timeout(_CONNECT_TIMEOUT_S):
                _, writer = await asyncio.open_connection(address.hostname, port)
        except OSError:
            return False
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
        return True


def _envelope(delivery: Delivery) -> bytes:
    return seal_envelope(
        delivery.data, str(delivery.message_id), f"local-{delivery.consumer}", delivery.attempt, delivery.published_at
    )


async def _judged(delivery: Delivery, answer: aiohttp.ClientResponse) -> Settlement:
    if HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
        return Settlement(delivery.id, Outcome.ACKNOWLEDGED)
    text = (await answer.content.read(4 * _LONGEST_REASON)).decode(errors="replace")
    reason = f"{answer.status} {' '.join(text.split())[:_LONGEST_REASON]}".strip()
    return Settlement(delivery.id, Outcome.REFUSED, reason, _retry_after_s(answer))


def _retry_after_s(answer: aiohttp.ClientResponse) -> float:
    asked = answer.headers.get("Retry-After", "")
    return min(float(asked), _LONGEST_RETRY_AFTER_S) if asked.isascii() and asked.isdigit() else 0.0
