"""An issuer of OIDC tokens like Google's, with keys of its own."""

import hashlib
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import jwt
from aiohttp import web
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from pydantic import JsonValue, SecretBytes

CERTS_PATH: Final = "/certs"
_LIFETIME_S: Final = 3600.0
_KEY_BITS: Final = 2048
_PRIVATE: Final = 0o600


class Issuer:
    """Signs tokens in the name of `url` (their `iss`) and shows its public keys."""

    def __init__(self, url: str, key: SecretBytes | None = None) -> None:
        """`key` is what `secret_key` of another gave: their tokens are the same. Without it a new one is made."""
        self.url = url
        self._keys: list[_Key] = [_Key(key)]

    @property
    def keys_url(self) -> str:
        """Where the public keys are, as a JSON Web Key Set, while `issuer_app` is served at `url`."""
        return f"{self.url}{CERTS_PATH}"

    def rotate(self) -> None:
        """Signs with a new key from now on; the former stays among the public ones, as it does at Google's."""
        self._keys = [_Key(), self._keys[0]]

    def secret_key(self) -> SecretBytes:
        """The private key that signs, as PEM."""
        return self._keys[0].secret()

    def key_set(self) -> dict[str, JsonValue]:
        """The public keys (RFC 7517)."""
        return {"keys": [key.public() for key in self._keys]}

    def token(self, audience: str, email: str, lifetime_s: float = _LIFETIME_S, **overrides: JsonValue) -> str:
        """A token with which Pub/Sub pushes as the service account `email`. `claim=None` leaves a claim out."""
        now = time.time()
        number = str(int.from_bytes(hashlib.sha256(email.encode()).digest()[:8]))
        claims: dict[str, JsonValue] = {
            "iss": self.url,
            "aud": audience,
            "azp": number,
            "sub": number,
            "email": email,
            "email_verified": True,
            "iat": int(now),
            "exp": int(now + lifetime_s),
            **overrides,
        }
        return self._keys[0].sign({name: value for name, value in claims.items() if value is not None})


def issuer_app(issuer: Issuer) -> web.Application:
    """`GET /certs`."""

    async def certs(_request: web.Request) -> web.Response:
        return web.json_response(issuer.key_set())

    app = web.Application()
    app.router.add_get(CERTS_PATH, certs)
    return app


@asynccontextmanager
async def serving_issuer(port: int = 0, key: SecretBytes | None = None) -> AsyncGenerator[Issuer, None]:
    """An issuer that answers on this port of 127.0.0.1 (0: any free one), with this private key or a new one."""
    # The address is known only when it listens, and the tokens name it.
    issuer = Issuer("", key)
    runner = web.AppRunner(issuer_app(issuer), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        issuer.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield issuer
    finally:
        await runner.cleanup()


def kept_key(path: Path) -> SecretBytes:
    """The private key in this file, which is made, closed to others, if it is not there."""
    if not path.exists():
        draft = path.with_name(path.name + ".draft")
        draft.touch(_PRIVATE)
        draft.write_bytes(Issuer("").secret_key().get_secret_value())
        draft.replace(path)
    return SecretBytes(path.read_bytes())


class _Key:
    """A private key and its name."""

    def __init__(self, pem: SecretBytes | None = None) -> None:
        self._private = _loaded(pem) if pem else rsa.generate_private_key(public_exponent=65537, key_size=_KEY_BITS)
        numbers = self._private.public_key().public_numbers()
        self._id = hashlib.sha256(numbers.n.to_bytes(_KEY_BITS // 8)).hexdigest()[:40]

    def public(self) -> dict[str, JsonValue]:
        shown = RSAAlgorithm.to_jwk(self._private.public_key(), as_dict=True)
        return {"kty": shown["kty"], "n": shown["n"], "e": shown["e"], "alg": "RS256", "use": "sig", "kid": self._id}

    def secret(self) -> SecretBytes:
        form = serialization.PrivateFormat.PKCS8
        none = serialization.NoEncryption()
        return SecretBytes(self._private.private_bytes(serialization.Encoding.PEM, form, none))

    def sign(self, claims: dict[str, JsonValue]) -> str:
        return jwt.encode(claims, self._private, algorithm="RS256", headers={"kid": self._id})


def _loaded(pem: SecretBytes) -> rsa.RSAPrivateKey:
    key = serialization.load_pem_private_key(pem.get_secret_value(), password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError("An issuer signs with an RSA key.")
    return key
