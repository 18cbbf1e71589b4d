"""Pages of an installation with two clubs, of which the second one is of another kind."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import SecretStr
from support.api_site import PIN, ClubBeside, Site, api_settings
from support.ntnui_links import session_at
from support.other_kinds import BARE, NamingClub, named

from autotennis.domain.member import Credentials, Member
from autotennis.member_secrets import keep_credentials
from autotennis.ports import Traits
from autotennis.values import Session
from autotennis.wiring import open_ports
from autotennis_api.app import create_app
from practice_club.orders import NewSession
from practice_club.session import Session as ClubSession

OTHER_ID = "pavilion"
OTHER_NAME = "Paviljongen"
# Whom both clubs know.
TWICE_A_MEMBER = "ashild.nokkvang@example.org"


@dataclass(frozen=True)
class TwoClubs:
    """The pages, the club whose sessions have numbers, and the other one, whose slots have names."""

    site: Site
    club: ClubBeside
    other: ClubBeside

    @property
    def naming(self) -> NamingClub:
        """The second club as the services see it."""
        found = self.site.ports.clubs[OTHER_ID]
        assert isinstance(found, NamingClub)
        return found

    def session(self, new: NewSession) -> tuple[ClubSession, Session, str]:
        """A session at the second club: as that has it, as we name it, and its link."""
        at_club, link = self.other.add_session(new)
        session = named(session_at(self.other.rules(), link))
        return at_club, session, self.naming.link(session)

    def knows(self, member: Member, pin: str = PIN) -> None:
        """The member is one of the second club's, too, and has told us the login there."""
        self.other.add_member(member.email, pin=pin)
        keep_credentials(
            self.site.ports.vault, member.id, OTHER_ID, Credentials(email=member.email, password=SecretStr(pin))
        )


@contextmanager
def two_clubs(directory: Path, club: ClubBeside, other: ClubBeside, traits: Traits = BARE) -> Generator[TwoClubs]:
    """The pages, with nobody registered."""
    settings = api_settings(directory, club.rules(), other.rules(OTHER_ID, OTHER_NAME))
    with open_ports(settings) as ports:
        clubs = {**ports.clubs, OTHER_ID: NamingClub(ports.clubs[OTHER_ID], traits)}
        site = replace(ports, clubs=clubs)
        yield TwoClubs(Site(create_app(site, settings), site), club, other)
