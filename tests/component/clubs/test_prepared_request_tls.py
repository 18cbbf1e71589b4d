"""A request made ready beforehand, at a club with TLS."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from support.ntnui_pages import MEMBER_ID, NONE_FREE, SESSION, session_page
from support.ntnui_visits import QUICK, club_at, raw_club, saying
from support.waiting import eventually

from autotennis.values import Action, VerdictKind

PAGE = session_page(NONE_FREE)
FULL = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(PAGE), PAGE)


class Issuer:
    """Somebody who vouches for servers, for those who trust in him."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Somebody")])
        constraints = x509.BasicConstraints(ca=True, path_length=None)
        self.certificate = folder / "issuer.pem"
        self._write(self.certificate, self._signed(self._name, self._key.public_key(), constraints))

    def server(self, host: str) -> ssl.SSLContext:
        """What a server of that name shows."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a server")])
        names = x509.SubjectAlternativeName([x509.DNSName(host)])
        self._write(self._folder / "server.pem", self._signed(name, key.public_key(), names))
        (self._folder / "server.key").write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self._folder / "server.pem", self._folder / "server.key")
        return context

    def _signed(
        self, name: x509.Name, key: ec.EllipticCurvePublicKey, extension: x509.ExtensionType
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        builder = x509.CertificateBuilder(self._name, name, key, x509.random_serial_number())
        builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        return builder.add_extension(extension, critical=False).sign(self._key, hashes.SHA256())

    def _write(self, path: Path, certificate: x509.Certificate) -> None:
        path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


@pytest.fixture
def issuer(tmp_path: Path) -> Issuer:
    return Issuer(tmp_path)


async def test_a_club_with_tls_is_asked_over_warm_connections(issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(issuer.certificate))
    async with raw_club(saying(FULL), issuer.server("localhost")) as club:
        async with club_at(club.address).visit() as visit:
            prepared = visit.prepared(Action.SIGN_UP, SESSION, MEMBER_ID)
            await prepared.warm(2)
            await eventually(lambda: len(club.open) == 2, "two connections are open")
            answer = await prepared.send()
            assert (answer.verdict.kind, answer.status, len(club.heads)) == (VerdictKind.FULL, 200, 1)
            assert (await visit.look(SESSION)).verdict.kind is VerdictKind.FULL
            assert (await prepared.send()).verdict.kind is VerdictKind.FULL
            for connection in list(club.open):
                connection.close()
            await eventually(lambda: not club.open, "none is open")
            await prepared.warm(2)
            answer = await prepared.send()
            assert answer.verdict.kind is VerdictKind.FULL
        await eventually(lambda: not club.open, "all connections are closed")


@pytest.mark.parametrize(("host", "trusted"), [("elsewhere.example", True), ("localhost", False)])
async def test_nothing_is_sent_to_a_server_that_cannot_prove_who_it_is(
    issuer: Issuer, monkeypatch: pytest.MonkeyPatch, host: str, trusted: bool
) -> None:
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(issuer.certificate))
    async with raw_club(saying(FULL), issuer.server(host)) as club, club_at(club.address, QUICK).visit() as visit:
        prepared = visit.prepared(Action.SIGN_UP, SESSION, MEMBER_ID)
        await prepared.warm(2)
        answer = await prepared.send()
        assert (answer.verdict.kind, answer.status, club.heads) == (VerdictKind.NO_ANSWER, None, [])
        assert (await visit.look(SESSION)).verdict.kind is VerdictKind.NO_ANSWER
