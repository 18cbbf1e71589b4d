"""Tokens such as Pub/Sub pushes with, and the server of the keys that sign them."""

import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from support.clock import ManualClock

AUDIENCE = "https://events.example.org"
ACCOUNT = "pusher@tennis-example.iam.gserviceaccount.com"
GOOGLE = "https://accounts.google.com"


def a_key() -> rsa.RSAPrivateKey:
    """A new one."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


KEY, OTHER_KEY = a_key(), a_key()


@dataclass
class KeyServer:
    """Serves public keys by their names, and counts how often it was asked; `answer` is sent in their place."""

    keys: dict[str, rsa.RSAPrivateKey]
    asked: int = 0
    answer: bytes | None = None
    url: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def document(self) -> bytes:
        """What it says now."""
        with self._lock:
            self.asked += 1
        if self.answer is not None:
            return self.answer
        return json.dumps({"keys": [as_jwk(key, name) for name, key in self.keys.items()]}).encode()


def as_jwk(key: rsa.RSAPrivateKey, name: str) -> dict[str, Any]:
    """The public half as Google shows it."""
    shown = RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": name, "n": shown["n"], "e": shown["e"]}


@contextmanager
def serving_keys(keys: dict[str, rsa.RSAPrivateKey], port: int = 0) -> Generator[KeyServer, None, None]:
    """A key server while the context lasts."""
    server = KeyServer(keys)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = server.document()
            self.send_response(200 if body else 500)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the library's name)
            pass

    with ThreadingHTTPServer(("127.0.0.1", port), Handler) as listening:
        thread = threading.Thread(target=listening.serve_forever, args=(0.02,))
        thread.start()
        server.url = f"http://127.0.0.1:{listening.server_port}/certs"
        try:
            yield server
        finally:
            listening.shutdown()
            thread.join()


def claims(clock: ManualClock, **changes: Any) -> dict[str, Any]:
    """What Google's token says, with changes; None leaves a claim out."""
    now = int(clock.now().timestamp())
    said = {
        "aud": AUDIENCE,
        "azp": "113774264463038321964",
        "email": ACCOUNT,
        "email_verified": True,
        "exp": now + 3600,
        "iat": now,
        "iss": GOOGLE,
        "sub": "113774264463038321964",
        **changes,
    }
    return {name: value for name, value in said.items() if value is not None}


def signed(said: dict[str, Any], key: rsa.RSAPrivateKey = KEY, name: str | None = "k-1") -> str:
    """The header's value."""
    return f"Bearer {jwt.encode(said, key, algorithm='RS256', headers={'kid': name} if name else None)}"
