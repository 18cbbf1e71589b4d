"""A request made ready beforehand, at a club with TLS."""

from datetime import timedelta
from pathlib import Path

import pytest
from support.certificates import Issuer
from support.ntnui_pages import MEMBER_ID, NONE_FREE, SESSION, session_page
from support.ntnui_visits import QUICK, club_at, raw_club, saying
from support.waiting import eventually

from autotennis.values import Action, VerdictKind

PAGE = session_page(NONE_FREE)
FULL = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(PAGE), PAGE)


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


@pytest.mark.parametrize(
    ("host", "trusted", "good_for_days"),
    [("elsewhere.example", True, 1), ("localhost", False, 1), ("localhost", True, -1)],
    ids=["of another name", "of nobody known", "expired"],
)
async def test_nothing_is_sent_to_a_server_that_cannot_prove_who_it_is(
    issuer: Issuer, monkeypatch: pytest.MonkeyPatch, host: str, trusted: bool, good_for_days: int
) -> None:
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(issuer.certificate))
    server = issuer.server(host, good_for=timedelta(days=good_for_days))
    async with raw_club(saying(FULL), server) as club, club_at(club.address, QUICK).visit() as visit:
        prepared = visit.prepared(Action.SIGN_UP, SESSION, MEMBER_ID)
        await prepared.warm(2)
        answer = await prepared.send()
        assert (answer.verdict.kind, answer.status, club.heads) == (VerdictKind.UNTRUSTED, None, [])
        assert (await visit.look(SESSION)).verdict.kind is VerdictKind.UNTRUSTED
