"""A visitor at clubs of this kind."""

from collections.abc import Sequence
from typing import Final

from yarl import URL

from autotennis.adapters.clubs.answers import answer_of
from autotennis.adapters.clubs.canary import Readers
from autotennis.adapters.clubs.reply import Reply
from autotennis.adapters.clubs.site_visit import SiteVisit
from autotennis.domain.member import Credentials
from autotennis.ports import Answer, PreparedRequest
from autotennis.values import Action, Session
from autotennis_local.club.template.package.links import ExampleLinks
from autotennis_local.club.template.package.pages import read_login, read_session

# Something small that the web server gives by itself, and something that passes through the club's program.
_PROBE_FILE: Final = "favicon.ico"
_PROBE_PAGE: Final = ""


def is_action(url: URL) -> bool:
    """Whether asking for that address takes a place or gives one back: no redirect is followed there."""
    return "signup" in url.path


class ExampleVisit(SiteVisit[ExampleLinks]):
    """The port Visit: one visitor.

    What `SiteVisit` has is enough where there are no regular players, no list and no timetable, where a sign-up is one
    request, and where links name their sessions. Where such sites have more, write that method here, too.
    """

    async def _sent_login(self, credentials: Credentials) -> Reply:
        raise NotImplementedError("Write _sent_login: cookies.clear(), self._own_id = None, then one post_form.")

    async def look(self, session: Session) -> Answer:
        """Reads the session's page."""
        return self._read(await self._transport.get(self._page_of(session)), session)

    async def sign_up(self, session: Session, club_member_id: int) -> Answer:
        """Asks for a place."""
        raise NotImplementedError("Write sign_up: the request of prepared by self._transport, unless self._not_sent.")

    def prepared(self, way_in: Action, session: Session, club_member_id: int) -> PreparedRequest:
        """A sign-up made ready beforehand."""
        raise NotImplementedError("Write prepared: a PreparedAction around Prepared; its refusal is self._not_sent.")

    async def withdraw(self, session: Session, club_member_id: int) -> Answer:
        """Gives a place back."""
        raise NotImplementedError("Write withdraw.")

    async def find_club_member_id(self) -> int | None:
        """The id by which the club knows who is logged in."""
        raise NotImplementedError("Write find_club_member_id, or leave it out if each login's answer shows the id.")

    def _probed(self, *, deep: bool) -> URL:
        return URL(self._links.rules.root + (_PROBE_PAGE if deep else _PROBE_FILE), encoded=True)

    def _fronts(self) -> Sequence[URL]:
        raise NotImplementedError("Write _fronts: the page that shows sessions.")

    @property
    def _readers(self) -> Readers:
        # Say in the mapping how the front page is read, so that an operator hears when it changes.
        return Readers({}, read_session, read_login)

    def _read(self, reply: Reply, session: Session) -> Answer:
        answer = answer_of(reply, lambda body: read_session(body, session))
        self._own_id = answer.page.club_member_id or self._own_id
        return answer
