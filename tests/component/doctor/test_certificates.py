"""A club whose certificate nobody vouches for is found, and nothing is asked of it."""

import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydantic import HttpUrl
from support.api_site import CLUB_ID

from autotennis.adapters.system import SystemClock
from autotennis.domain.club import ClubRules
from autotennis_local.doctor.clubs import examined_club
from autotennis_local.doctor.finding import Level
from autotennis_local.doctor.patient import Patient
from autotennis_local.every_settings import EverySettings

SECRET = "a secret of forty characters or thereabouts"


def self_signed(directory: Path) -> ssl.SSLContext:
    """A certificate for localhost that it has given to itself."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=90))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = directory / "both.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


@asynccontextmanager
async def serving(context: ssl.SSLContext, asked: list[str]) -> AsyncGenerator[int]:
    """Writes down what it is asked; gives its port."""

    async def take(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response()

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", take)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


async def test_a_certificate_that_nobody_vouches_for(tmp_path: Path) -> None:
    asked: list[str] = []
    async with serving(self_signed(tmp_path), asked) as port:
        rules = ClubRules(id=CLUB_ID, name="Club", base_url=HttpUrl(f"https://localhost:{port}/"))
        settings = EverySettings.model_validate(
            {"clubs": (rules,), "push_secret": SECRET, "session_secret": SECRET, "link_secret": SECRET}
        )
        (found,) = await examined_club(Patient(settings, tmp_path, tmp_path, SystemClock()), rules)
    assert found.level is Level.BROKEN
    assert "self-signed" in found.said
    assert "ca-certificates" in found.advice
    assert asked == []
