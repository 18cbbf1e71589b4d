"""What the tests of the pages start from."""

from collections.abc import Generator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from support.accounts import come_in
from support.api_site import ClubBeside, Site, Visitor, api_settings, club_beside, open_site
from support.friends import Friend, make_friend
from support.other_kinds import BARE
from support.two_clubs import TWICE_A_MEMBER, TwoClubs, two_clubs

from autotennis.domain.member import Member
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
    """Somebody who has an account and is signed in."""
    visitor, _ = come_in(site, email)
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
    visitor, _ = come_in(site, "tormod.vassfjell@example.org")
    return visitor


@pytest.fixture
def friends(site: Site, club: ClubBeside) -> Sequence[Friend]:
    """Three members of the club."""
    return [make_friend(site, club, name) for name in ("Berit", "Kari", "Nils")]


@pytest.fixture(scope="session")
def started_other() -> Generator[ClubBeside]:
    """A second practice club for all tests that need two."""
    with club_beside() as club:
        yield club


@pytest.fixture
def other_club(started_other: ClubBeside) -> ClubBeside:
    """The second practice club as new."""
    started_other.reset()
    return started_other


@pytest.fixture
def two(club: ClubBeside, other_club: ClubBeside, tmp_path: Path) -> Generator[TwoClubs]:
    """Both, as new."""
    with two_clubs(tmp_path, club, other_club) as two:
        yield two


@pytest.fixture
def at_both(two: TwoClubs) -> tuple[Visitor, Member]:
    """Somebody who is signed in, and has a login at both."""
    two.club.add_member(TWICE_A_MEMBER)
    visitor, member = come_in(two.site, TWICE_A_MEMBER)
    two.knows(member)
    return visitor, member


@pytest.fixture
def newcomer(two: TwoClubs) -> tuple[Visitor, Member]:
    """Somebody who is signed in, and has a login at the first club only."""
    two.club.add_member(TWICE_A_MEMBER)
    return come_in(two.site, TWICE_A_MEMBER)


@pytest.fixture
def with_list(club: ClubBeside, other_club: ClubBeside, tmp_path: Path) -> Generator[TwoClubs]:
    """Both, of which the second one has a waiting list of its own."""
    with two_clubs(tmp_path, club, other_club, replace(BARE, has_list=True)) as two:
        yield two
