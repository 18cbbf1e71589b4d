"""What visitors at every club's site have in common: a client's own visit says what differs."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from yarl import URL

from autotennis.adapters.clubs.answers import answer_of, body_of
from autotennis.adapters.clubs.canary import Readers, Requests, looked_through
from autotennis.adapters.clubs.login import LoginOutcome, LoginPage
from autotennis.adapters.clubs.reply import Reply
from autotennis.adapters.clubs.transport import Transport
from autotennis.domain.club_health import LookedThrough
from autotennis.domain.member import Credentials
from autotennis.errors import LoginRefused, PageNotUnderstood
from autotennis.ports import Answer, ClubLinks, FreePlaces, SessionPage, TimetableEntry
from autotennis.values import Pointer, Session, Verdict, VerdictKind

_Links = TypeVar("_Links", bound=ClubLinks)
_PROBED = SessionPage(verdict=Verdict(kind=VerdictKind.UNKNOWN))


class SiteVisit(ABC, Generic[_Links]):
    """One visitor, at a club without regular players, without a list, where a sign-up is one request, and where links
    name their sessions: the port Visit but for what has to be asked for a place. A club that has more says so.
    """

    def __init__(self, links: _Links, transport: Transport) -> None:
        self._links = links
        self._transport = transport
        self._clock = transport.visitor.clock
        self._own_id: int | None = None

    @property
    def requests_sent(self) -> int:
        """How many requests this visitor has sent to the club, of every kind."""
        return self._transport.requests_sent

    def keep_within(self, requests: Callable[[], int]) -> None:
        """Sends nothing that was not asked for by name, such as a redirect, once so many requests were sent in all."""
        self._transport.most = requests

    async def log_in(self, credentials: Credentials) -> Answer:
        """Logs in and sees the proof on the answer.

        Raises LoginRefused with the club's reason, ClubBusy, ClubUnreachable, and PageNotUnderstood for an answer that
        is neither proof nor refusal.
        """
        return self._logged_in(await self._sent_login(credentials), credentials)

    @abstractmethod
    async def _sent_login(self, credentials: Credentials) -> Reply:
        """The answer to the login, sent once by a visitor who has forgotten whoever was logged in."""

    def _logged_in(self, reply: Reply, credentials: Credentials) -> Answer:
        page = self._readers.login(body_of(reply))
        if page.outcome is not LoginOutcome.ACCEPTED:
            raise _not_logged_in(page, credentials)
        self._own_id = page.club_member_id
        shown = SessionPage(verdict=Verdict(kind=VerdictKind.LOGGED_IN), club_member_id=page.club_member_id)
        return answer_of(reply, lambda _: shown)

    @abstractmethod
    async def look(self, session: Session) -> Answer:
        """Reads the session's page."""

    async def confirm(self, session: Session, club_member_id: int) -> Answer:
        """The club has no regular players. Raises NotImplementedError."""
        raise NotImplementedError("The club has no regular players.")

    async def decline(self, session: Session, club_member_id: int) -> Answer:
        """The club has no regular players. Raises NotImplementedError."""
        raise NotImplementedError("The club has no regular players.")

    async def complete(self, session: Session, club_member_id: int) -> Answer:  # noqa: ARG002 (one request is all)
        """A sign-up is one request here, so nothing is left to do: reads the session's page."""
        return await self.look(session)

    async def release(self, session: Session, club_member_id: int) -> Answer:  # noqa: ARG002 (nothing is held)
        """No place is held here before it is the member's: reads the session's page."""
        return await self.look(session)

    async def join_list(self, session: Session, club_member_id: int) -> Answer:
        """The club has no waiting list. Raises NotImplementedError."""
        raise NotImplementedError("The club has no waiting list.")

    async def find(self, pointer: Pointer) -> Session:
        """Every link of this club names its session. Raises NotImplementedError."""
        raise NotImplementedError("A link of this club's names its session.")

    async def find_club_member_id(self) -> int | None:
        """The id by which the club knows who is logged in, as pages showed it; None while none did."""
        return self._own_id

    async def timetable(self, weeks_ahead: int = 0) -> Sequence[TimetableEntry]:
        """The club has no timetable. Raises NotImplementedError."""
        raise NotImplementedError("The club has no timetable.")

    async def free_places(self) -> FreePlaces:
        """What the timetable shows to everybody. Raises as `timetable`."""
        entries = await self.timetable()
        free = frozenset(entry.session for entry in entries if entry.free)
        return FreePlaces(free=free, shown=frozenset(entry.session for entry in entries))

    async def probe(self, *, deep: bool = False) -> Answer:
        """Asks for the head of a file, or of the club's cheapest page, for the sake of its Date header.

        There is no page to read, so the verdict of an answer that is neither busy nor missing is unknown.
        """
        return answer_of(await self._transport.head(self._probed(deep=deep)), lambda _: _PROBED)

    @abstractmethod
    def _probed(self, *, deep: bool) -> URL:
        """What a probe asks for: something that the web server gives by itself, or a page of the club's program."""

    async def look_through(self, credentials: Credentials | None) -> LookedThrough:
        """Reads each kind of page once, logged out and then logged in. Raises ClubBusy, ClubUnreachable."""

        async def log_in() -> bytes:
            return body_of(await self._sent_login(credentials)) if credentials else b""

        requests = Requests(self._fronts(), self._page_of, self._body, log_in if credentials else None)
        return await looked_through(requests, self._readers)

    @abstractmethod
    def _fronts(self) -> Sequence[URL]:
        """The pages that show sessions, the first of which is judged; the next one is for when it shows none."""

    @property
    @abstractmethod
    def _readers(self) -> Readers:
        """How the club's pages are read."""

    async def _body(self, url: URL) -> bytes:
        return body_of(await self._transport.get(url))

    def _page_of(self, session: Session) -> URL:
        return URL(self._links.link(session), encoded=True)

    def _not_sent(self, club_member_id: int) -> Answer | None:
        """Nothing is ever asked in the name of somebody else than who is logged in: the answer to that."""
        return None if self._own_id in (None, club_member_id) else self._unsent(VerdictKind.REFUSED)

    def _unsent(self, kind: VerdictKind) -> Answer:
        now_s = self._clock.monotonic_s()
        return Answer(SessionPage(verdict=Verdict(kind=kind), club_member_id=self._own_id), now_s, now_s)


def _not_logged_in(page: LoginPage, credentials: Credentials) -> LoginRefused | PageNotUnderstood:
    if page.outcome is LoginOutcome.REFUSED:
        return LoginRefused(page.reason.replace(credentials.password.get_secret_value(), "***"))
    return PageNotUnderstood("The club's answer to the login is neither proof nor refusal.", page.fingerprint)
