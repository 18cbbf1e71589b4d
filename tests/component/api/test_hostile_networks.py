"""What the pages say while the club hangs, or somebody else answers for it: soon, understandably, and nothing is lost.

How long a page may take is for the limits of our client to say, and for those of an errand to a club: here they are
shorter than as shipped.
"""

import ssl
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from support.accounts import come_in
from support.api_site import CLUB_ID, PIN, ClubBeside, Site, api_settings, open_site, words
from support.certificates import Issuer
from support.fault_proxy import CUT_SHORT, DRIPPING, HALF_OPEN, NONE, RESET_AT_ONCE, SWALLOWED, Faults, Then

from autotennis.adapters.clubs.limits import Limits
from autotennis.adapters.clubs.registry import open_club
from autotennis.member_secrets import credentials_of
from autotennis_api import club_errands
from autotennis_api.app import create_app
from practice_club.orders import NewSession

IMPATIENT = Limits(connect_s=0.5, read_s=0.5, total_s=1.0)
# None of these waits for as long as our client does by default.
SOON_S = Limits().read_s
TWO_DAYS_S = 2 * 86_400
NETWORKS = {
    "half open": HALF_OPEN,
    "swallows": SWALLOWED,
    "resets": RESET_AT_ONCE,
    "cuts short": CUT_SHORT,
    "drips": DRIPPING,
    "floods": Faults(then=Then.FLOOD, after_bytes=600),
}


@contextmanager
def site_behind(
    club: ClubBeside, directory: Path, faults: Faults, limits: Limits | None = None, tls: ssl.SSLContext | None = None
) -> Generator[Site, None, None]:
    """The pages of an installation that gets to the club through such a network."""
    with club.behind(faults, tls), open_site(settings := api_settings(directory, club.rules())) as site:
        visited = open_club(club.rules(), "Autotennis/test", site.ports.clock, limits)
        ports = replace(site.ports, clubs={CLUB_ID: visited})
        yield Site(create_app(ports, settings), ports)


@pytest.mark.parametrize("network", NETWORKS)
def test_every_page_that_asks_the_club_answers_soon_and_says_how_it_stands(
    club: ClubBeside, tmp_path: Path, email: str, network: str
) -> None:
    with site_behind(club, tmp_path, NETWORKS[network], IMPATIENT) as site:
        _, link = club.add_session(NewSession(opens_in_s=TWO_DAYS_S))
        member, _ = come_in(site, email)
        began_s = time.monotonic()

        stranger = site.visitor().register("ragna.tverrdal@example.org")
        assert stranger.status_code == 503
        assert "does not answer just now, so we could not check your password. Nothing was saved" in words(stranger)
        assert site.ports.store.member_by_email("ragna.tverrdal@example.org") is None

        changed = member.post("/settings/club-password", {"club": CLUB_ID, "club_password": "8642"})
        assert changed.status_code == 503
        account = site.ports.store.member_by_email(email)
        assert account
        kept = credentials_of(site.ports.vault, account.id, CLUB_ID)
        assert kept
        assert kept.password.get_secret_value() == PIN

        week = member.get("/week")
        assert week.status_code == 200
        assert "The club does not answer just now." in words(week)

        shown = member.paste(link)
        assert shown.status_code == 200
        assert "could not check that it knows this session. You can go on" in words(shown)
        assert "Planned" in words(member.confirm(shown))
        assert time.monotonic() - began_s < 5 * SOON_S


def test_an_errand_has_an_end_whatever_our_client_would_wait_for(
    club: ClubBeside, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A club that sends a byte now and then is never silent."""
    monkeypatch.setattr(club_errands, "ERRAND_LIMIT_S", 0.5)
    with site_behind(club, tmp_path, DRIPPING) as site:
        began_s = time.monotonic()
        answer = site.visitor().register("ragna.tverrdal@example.org")
        assert answer.status_code == 503
        assert time.monotonic() - began_s < SOON_S


def test_nobody_is_sent_a_password_who_cannot_prove_to_be_the_club(
    club: ClubBeside, tmp_path: Path, email: str
) -> None:
    """No issuer that this machine knows vouches for whoever answers."""
    with site_behind(club, tmp_path, NONE, IMPATIENT, Issuer(tmp_path).server("localhost")) as site:
        stranger = site.visitor().register("ragna.tverrdal@example.org")
        assert stranger.status_code == 502
        assert "We could not be sure that it was Øvingsklubben that answered" in words(stranger)
        member, _ = come_in(site, email)
        assert "We cannot be sure that it is the club that answers" in words(member.get("/week"))
        _, link = club.add_session(NewSession(opens_in_s=TWO_DAYS_S))
        assert "could not check that it knows this session" in words(member.paste(link))
    assert club.actions() == []
