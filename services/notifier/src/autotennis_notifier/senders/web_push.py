"""Web Push: a browser's push service is given what only that browser can read (RFC 8030, 8188, 8291, 8292)."""

import base64
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pydantic import SecretStr
from yarl import URL

from autotennis.domain.channel import ChannelAddress, ChannelTrouble, PushAddress
from autotennis_notifier.letter import Letter, Refusal
from autotennis_notifier.senders.http import Receivers

_CURVE: Final = ec.SECP256R1()
_RECORD: Final = 4096
# Push services take 4,096 bytes at least; the rest is for the encryption.
_MOST: Final = 3000
_KEPT_S: Final = 24 * 3600
_TOKEN_LASTS: Final = timedelta(hours=12)


class WebPushSender:
    """Pushes to browsers. `contact` is where push services can reach us: `mailto:` or `https:`."""

    most = 50

    def __init__(self, receivers: Receivers, key: SecretStr, contact: str, now: Callable[[], datetime]) -> None:
        self._receivers = receivers
        self._key = ec.derive_private_key(int.from_bytes(decoded(key.get_secret_value())), _CURVE)
        self._contact = contact
        self._now = now

    async def send(self, address: ChannelAddress, letter: Letter) -> Refusal | None:
        """Pushes the letter in brief; gives why it was not taken, or None."""
        if not isinstance(address, PushAddress):
            return Refusal(ChannelTrouble.BAD_ADDRESS, final=True)
        told = {"title": letter.subject, "body": letter.brief, "url": letter.link or "/", "tag": letter.id}
        try:
            body = sealed(
                _within(told), decoded(address.p256dh.get_secret_value()), decoded(address.auth.get_secret_value())
            )
        except ValueError:
            return Refusal(ChannelTrouble.BAD_ADDRESS, final=True)
        endpoint = address.endpoint.get_secret_value()
        headers = {
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(_KEPT_S),
            "Urgency": "high" if letter.urgent else "normal",
            "Authorization": f"vapid t={self._token(endpoint)}, k={encoded(_point(self._key))}",
        }
        return await self._receivers.post(endpoint, body, headers)

    async def close(self) -> None:
        """Closes the connections."""
        await self._receivers.close()

    def _token(self, endpoint: str) -> str:
        """By which the push service knows us: a token that is good there for some hours (RFC 8292)."""
        expires = int((self._now() + _TOKEN_LASTS).timestamp())
        claims = {"aud": str(URL(endpoint).origin()), "exp": expires, "sub": self._contact}
        parts = ({"typ": "JWT", "alg": "ES256"}, claims)
        said = ".".join(encoded(json.dumps(one, separators=(",", ":")).encode()) for one in parts)
        r, s = decode_dss_signature(self._key.sign(said.encode(), ec.ECDSA(hashes.SHA256())))
        return f"{said}.{encoded(r.to_bytes(32) + s.to_bytes(32))}"


def sealed(
    plain: bytes,
    browser: bytes,
    auth: bytes,
    own: ec.EllipticCurvePrivateKey | None = None,
    salt: bytes | None = None,
) -> bytes:
    """What only the browser with this public key and this secret can read. `own` and `salt` are new for each message.

    Raises ValueError for a key that is none.
    """
    own = own or ec.generate_private_key(_CURVE)
    salt = salt or AESGCM.generate_key(128)
    shared = own.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, browser))
    secret = _derived(shared, auth, b"WebPush: info\0" + browser + _point(own), 32)
    key = _derived(secret, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derived(secret, salt, b"Content-Encoding: nonce\0", 12)
    head = salt + _RECORD.to_bytes(4) + bytes([len(_point(own))]) + _point(own)
    # 2 ends the last record.
    return head + AESGCM(key).encrypt(nonce, plain + b"\x02", None)


def decoded(text: str) -> bytes:
    """Base64url without padding, as bytes."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def encoded(given: bytes) -> str:
    """Bytes as base64url without padding."""
    return base64.urlsafe_b64encode(given).rstrip(b"=").decode()


def _derived(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)


def _point(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _within(told: dict[str, str]) -> bytes:
    """As JSON, its text cut where it is too long to be pushed."""
    whole = json.dumps(told, ensure_ascii=False).encode()
    if len(whole) <= _MOST:
        return whole
    cut = told["body"].encode()[: max(0, len(told["body"].encode()) - (len(whole) - _MOST) - 8)]
    return json.dumps({**told, "body": cut.decode(errors="ignore") + "…"}, ensure_ascii=False).encode()
