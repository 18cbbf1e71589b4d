"""What the tests of the pages start from."""

from collections.abc import Generator, Sequence
from pathlib import Path

import pytest
from support.api_site import ClubBeside, Site, Visitor, api_settings, club_beside, open_site
from support.friends import Friend, make_friend

from practice_club.orders import NewSession


@pytest.fixture(scope="session")
def started_club() -> Generator[ClubBeside, None, None]:
    """One practice club for all tests."""
    with club_beside() as club:
        yield club


@pytest.fixture
def club(started_club: ClubBeside) -> ClubBeside:
    """The practice club as new."""
    started_club.reset()
    return started_club


@pytest.fixture
def site(club: ClubBeside, tmp_path: Path) -> Generator[Site, None, None]:
    """The pages, with nobody registered."""
    with open_site(api_settings(tmp_path, club.rules())) as site:
        yield site


@pytest.fixture
def email(club: ClubBeside) -> str:
    """The address of a member of the club."""
    club.add_member("ashild.nokkvang@example.org")
    return "ashild.nokkvang@example.org"


@pytest.fixture
def member(site: Site, email: str) -> Visitor:
    """Somebody who has registered and is signed in."""
    visitor = site.visitor()
    answer = visitor.register(email)
    assert answer.status_code == 200, answer.status_code
    assert answer.request.path == "/"
    return visitor


@pytest.fixture
def booking_id(club: ClubBeside, member: Visitor) -> str:
    """A booking of the member's that was just asked for."""
    _, link = club.add_session(NewSession(opens_in_s=86_370))
    return member.book(link)


@pytest.fixture
def stranger(site: Site, club: ClubBeside, member: Visitor) -> Visitor:
    """Another member, who came later."""
    club.add_member("tormod.vassfjell@example.org")
    visitor = site.visitor()
    assert visitor.register("tormod.vassfjell@example.org").status_code == 200
    return visitor


@pytest.fixture
def friends(site: Site, club: ClubBeside) -> Sequence[Friend]:
    """Three members of the club."""
    return [make_friend(site, club, name) for name in ("Berit", "Kari", "Nils")]
