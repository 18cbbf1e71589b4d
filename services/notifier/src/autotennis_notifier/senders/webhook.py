"""Webhooks, signed as the Standard Webhooks describe it (docs/webhooks.md has the recipe for receivers)."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import datetime

from pydantic import SecretStr

from autotennis.domain.channel import ChannelAddress, ChannelTrouble, WebhookAddress
from autotennis_notifier.letter import Letter, Refusal
from autotennis_notifier.senders.http import Receivers

_PREFIX = "whsec_"


class WebhookSender:
    """Posts what happened as JSON."""

    most = 50

    def __init__(self, receivers: Receivers, now: Callable[[], datetime]) -> None:
        self._receivers = receivers
        self._now = now

    async def send(self, address: ChannelAddress, letter: Letter) -> Refusal | None:
        """Posts the letter's payload, signed at this instant. Sent again it has the same id."""
        if not isinstance(address, WebhookAddress):
            return Refusal(ChannelTrouble.BAD_ADDRESS, final=True)
        body = json.dumps(letter.payload, ensure_ascii=False, separators=(",", ":")).encode()
        headers = signed(f"msg_{letter.id}", int(self._now().timestamp()), body, address.secret)
        return await self._receivers.post(
            address.url.get_secret_value(), body, {"Content-Type": "application/json", **headers}
        )

    async def close(self) -> None:
        """Closes the connections."""
        await self._receivers.close()


def signed(message_id: str, timestamp: int, body: bytes, secret: SecretStr) -> dict[str, str]:
    """The headers that prove who sent it, and when: an HMAC-SHA256 of `id.timestamp.body`, in base64."""
    said = f"{message_id}.{timestamp}.".encode() + body
    proof = base64.b64encode(hmac.digest(key_of(secret), said, hashlib.sha256)).decode()
    return {"webhook-id": message_id, "webhook-timestamp": str(timestamp), "webhook-signature": f"v1,{proof}"}


def key_of(secret: SecretStr) -> bytes:
    """A secret that begins with `whsec_` is a key in base64; any other is its own."""
    plain = secret.get_secret_value()
    if not plain.startswith(_PREFIX):
        return plain.encode()
    try:
        return base64.b64decode(plain.removeprefix(_PREFIX), validate=True)
    except ValueError:
        return plain.encode()
