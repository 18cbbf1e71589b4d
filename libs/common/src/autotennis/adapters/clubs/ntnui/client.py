"""A visitor at NTNUI Tennis."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import urlencode

from yarl import URL

from autotennis.adapters.clubs.answers import answer_of, body_of
from autotennis.adapters.clubs.canary import Readers
from autotennis.adapters.clubs.ntnui.canary import READERS
from autotennis.adapters.clubs.ntnui.links import NtnuiLinks
from autotennis.adapters.clubs.ntnui.pages.document import ACTION_PARAMETERS, CHARSET, Document
from autotennis.adapters.clubs.ntnui.pages.session import read_session
from autotennis.adapters.clubs.ntnui.pages.timetable import read_free_sessions, read_timetable
from autotennis.adapters.clubs.prepared import Prepared
from autotennis.adapters.clubs.prepared_action import PreparedAction
from autotennis.adapters.clubs.reply import Reply
from autotennis.adapters.clubs.site_visit import SiteVisit
from autotennis.domain.member import Credentials
from autotennis.errors import LoginRefused, PageNotUnderstood
from autotennis.ports import Answer, FreePlaces, PreparedRequest, TimetableEntry
from autotennis.values import Action, Session, VerdictKind

# Browsers ask every site for it. The web server gives it, or says that it has none, without the club's program: so it
# costs the club next to nothing, and its answer takes as long as the network does.
_PROBE_FILE: Final = "favicon.ico"
# The page for a forgotten PIN: the same for everybody, without a timetable, and there whether one is logged in or not.
# Asked for with HEAD, PHP stops at the first byte that it would print (PHP manual, "Handling HEAD requests"), so this
# is the least work that still passes through all that a sign-up passes through.
_PROBE_PAGE: Final = "glemtpin.php?lang=no"
# Pages that are read to find a member's id. Each free session shows it, so the first of them nearly always does.
_MOST_ID_REQUESTS: Final = 6
_NO_USE_TO_GO_ON: Final = frozenset(
    {VerdictKind.BUSY, VerdictKind.NO_ANSWER, VerdictKind.UNTRUSTED, VerdictKind.LOGGED_OUT}
)


class NtnuiVisit(SiteVisit[NtnuiLinks]):
    """One visitor. Every request is a GET, even those that take or give back a place (seen in links and captures)."""

    async def log_in(self, credentials: Credentials) -> Answer:
        """Logs in and sees the proof on the answer.

        Raises LoginRefused with the club's reason, ClubBusy, ClubUnreachable, and PageNotUnderstood for an answer that
        is neither proof nor refusal. A refused login is sent once more only if the password has letters beyond ASCII:
        pages are ISO-8859-1, but no source shows in which encoding the club reads a form.
        """
        try:
            return await super().log_in(credentials)
        except LoginRefused:
            if credentials.password.get_secret_value().isascii():
                raise
            return self._logged_in(await self._sent_login(credentials, "utf-8"), credentials)

    async def look(self, session: Session) -> Answer:
        """Reads the session's page."""
        return self._read(await self._transport.get(self._page_of(session)), session)

    async def sign_up(self, session: Session, club_member_id: int) -> Answer:
        """Asks for a place."""
        return await self._act(Action.SIGN_UP, session, club_member_id)

    def prepared(self, way_in: Action, session: Session, club_member_id: int) -> PreparedRequest:
        """A sign-up or a confirmation made ready beforehand. It may be sent many times, and lasts as long as the visit.

        All of a visit share their connections.
        """
        return PreparedAction(
            request=Prepared(self._transport, self._action_url(way_in, session, club_member_id)),
            refusal=lambda: self._not_sent(club_member_id),
            read=lambda reply: self._read(reply, session, acting=True),
        )

    async def withdraw(self, session: Session, club_member_id: int) -> Answer:
        """Gives a place back."""
        return await self._act(Action.WITHDRAW, session, club_member_id)

    async def confirm(self, session: Session, club_member_id: int) -> Answer:
        """Confirms a regular player's own fixed place."""
        return await self._act(Action.CONFIRM, session, club_member_id)

    async def decline(self, session: Session, club_member_id: int) -> Answer:
        """Declines a regular player's own fixed place."""
        return await self._act(Action.DECLINE, session, club_member_id)

    async def find_club_member_id(self) -> int | None:
        """The id by which the club knows who is logged in; None while no page shows it, or the club does not answer.

        Reads the front page and a few sessions, those with a free place first, until one has a link of the visitor's.
        """
        if self._own_id is not None:
            return self._own_id
        front = await self._transport.get(self._front_page())
        if front.page is None:
            return None
        self._own_id = Document(front.page).club_member_id
        for session in _likely_to_tell(front.page)[: _MOST_ID_REQUESTS - 1]:
            if self._own_id is not None or (await self.look(session)).verdict.kind in _NO_USE_TO_GO_ON:
                break
        return self._own_id

    async def timetable(self, weeks_ahead: int = 0) -> Sequence[TimetableEntry]:
        """The club's weekly timetable. Raises ClubBusy, ClubUnreachable, PageNotUnderstood."""
        return read_timetable(body_of(await self._transport.get(self._front_page(weeks_ahead))))

    async def free_places(self) -> FreePlaces:
        """What the front page shows to everybody: its list of free places, and this week's timetable.

        Raises as `timetable`.
        """
        page = body_of(await self._transport.get(self._front_page()))
        free = frozenset(read_free_sessions(page))
        return FreePlaces(free=free, shown=free.union(entry.session for entry in read_timetable(page)))

    def _probed(self, *, deep: bool) -> URL:
        return self._at(_PROBE_PAGE if deep else _PROBE_FILE)

    @property
    def _readers(self) -> Readers:
        return READERS

    def _fronts(self) -> Sequence[URL]:
        # Late in a week it may be over: the next one has sessions, too.
        return [self._front_page(week) for week in (0, 1)]

    async def _sent_login(self, credentials: Credentials, charset: str = CHARSET) -> Reply:
        self._transport.cookies.clear()
        self._own_id = None
        return await self._transport.post_form(self._at("index.php?lang=no"), _login_form(credentials, charset))

    async def _act(self, action: Action, session: Session, club_member_id: int) -> Answer:
        refused = self._not_sent(club_member_id)
        if refused is not None:
            return refused
        reply = await self._transport.get(self._action_url(action, session, club_member_id))
        return self._read(reply, session, acting=True)

    def _action_url(self, action: Action, session: Session, club_member_id: int) -> URL:
        query = f"&{ACTION_PARAMETERS[action]}={club_member_id}"
        return URL(self._links.link(session) + query, encoded=True)

    def _read(self, reply: Reply, session: Session, *, acting: bool = False) -> Answer:
        answer = answer_of(reply, lambda body: read_session(body, session, acting=acting))
        self._own_id = answer.page.club_member_id or self._own_id
        return answer

    def _front_page(self, weeks_ahead: int = 0) -> URL:
        return self._at(f"index.php?lang=no&uke={weeks_ahead}")

    def _at(self, path: str) -> URL:
        return URL(self._links.rules.root + path, encoded=True)


def is_action(url: URL) -> bool:
    """Whether asking for that address takes a place or gives one back."""
    return not url.query.keys().isdisjoint(ACTION_PARAMETERS.values())


def _login_form(credentials: Credentials, charset: str) -> bytes:
    """As a browser fills it in: a letter that the charset lacks becomes a numeric entity."""
    fields = {
        "email": credentials.email,
        "password": credentials.password.get_secret_value(),
        "lang": "no",
        "rememberme": "on",
    }
    return urlencode({name: text.encode(charset, "xmlcharrefreplace") for name, text in fields.items()}).encode()


def _likely_to_tell(front_page: bytes) -> list[Session]:
    """Sessions whose pages may show the visitor's id: the free ones do, others where the visitor has a place."""
    try:
        free, table = read_free_sessions(front_page), read_timetable(front_page)
    except PageNotUnderstood:
        return []
    return list(dict.fromkeys([*free, *(entry.session for entry in table if entry.taken != 0)]))
