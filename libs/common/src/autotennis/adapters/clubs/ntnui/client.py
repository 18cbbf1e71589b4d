"""A visitor at NTNUI Tennis."""

import ssl
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import cached_property
from typing import Final
from urllib.parse import urlencode

from yarl import URL

from autotennis.adapters.clubs.limits import Limits
from autotennis.adapters.clubs.ntnui.canary import Requests, looked_through
from autotennis.adapters.clubs.ntnui.pages.document import ACTION_PARAMETERS, CHARSET, Document
from autotennis.adapters.clubs.ntnui.pages.login import LoginOutcome, read_login
from autotennis.adapters.clubs.ntnui.pages.session import read_session
from autotennis.adapters.clubs.ntnui.pages.timetable import read_free_sessions, read_timetable
from autotennis.adapters.clubs.ntnui.prepared import PreparedAction
from autotennis.adapters.clubs.prepared import PreparedGet
from autotennis.adapters.clubs.reply import Reply
from autotennis.adapters.clubs.transport import Transport, Visitor, open_transport
from autotennis.domain.club import ClubRules
from autotennis.domain.club_health import LookedThrough
from autotennis.domain.member import Credentials
from autotennis.domain.session import session_link
from autotennis.errors import ClubBusy, ClubUnreachable, LoginRefused, PageNotUnderstood
from autotennis.ports import Answer, Clock, FreePlaces, PreparedRequest, SessionPage, TimetableEntry, Visit
from autotennis.values import Action, Session, Verdict, VerdictKind

# Browsers ask every site for it. The web server gives it, or says that it has none, without the club's program: so it
# costs the club next to nothing, and its answer takes as long as the network does.
_PROBE_FILE: Final = "favicon.ico"
# The page for a forgotten PIN: the same for everybody, without a timetable, and there whether one is logged in or not.
# Asked for with HEAD, PHP stops at the first byte that it would print (PHP manual, "Handling HEAD requests"), so this
# is the least work that still passes through all that a sign-up passes through.
_PROBE_PAGE: Final = "glemtpin.php?lang=no"
# Pages that are read to find a member's id. Each free session shows it, so the first of them nearly always does.
_MOST_ID_REQUESTS: Final = 6
_NO_USE_TO_GO_ON: Final = frozenset({VerdictKind.BUSY, VerdictKind.NO_ANSWER, VerdictKind.LOGGED_OUT})
_OK: Final = 200


class NtnuiClub:
    """NTNUI Tennis, or any site that behaves like it."""

    def __init__(self, rules: ClubRules, user_agent: str, clock: Clock, limits: Limits) -> None:
        self._rules = rules
        self._user_agent = user_agent
        self._clock = clock
        self._limits = limits

    @property
    def rules(self) -> ClubRules:
        """The club as its operator describes it."""
        return self._rules

    @asynccontextmanager
    async def visit(self) -> AsyncGenerator[Visit]:
        """A visitor who is not logged in."""
        base = URL(self._rules.root)
        trust = self._trust if base.scheme == "https" else None
        async with open_transport(base, Visitor(self._user_agent, self._clock, self._limits, trust)) as transport:
            yield NtnuiVisit(self._rules, transport, self._clock)

    @cached_property
    def _trust(self) -> ssl.SSLContext:
        """Whom the machine trusts. Reading that takes some 25 ms, so it is done once for all visits."""
        context = ssl.create_default_context()
        context.set_alpn_protocols(["http/1.1"])
        return context


class NtnuiVisit:
    """One visitor. Every request is a GET, even those that take or give back a place (seen in links and captures)."""

    def __init__(self, rules: ClubRules, transport: Transport, clock: Clock) -> None:
        self._rules = rules
        self._transport = transport
        self._clock = clock
        self._own_id: int | None = None

    @property
    def requests_sent(self) -> int:
        """How many requests this visitor has sent to the club, of every kind."""
        return self._transport.requests_sent

    async def log_in(self, credentials: Credentials) -> Answer:
        """Logs in and sees the proof on the answer.

        Raises LoginRefused with the club's reason, ClubBusy, ClubUnreachable, and PageNotUnderstood for an answer that
        is neither proof nor refusal. A refused login is sent once more only if the password has letters beyond ASCII:
        pages are ISO-8859-1, but no source shows in which encoding the club reads a form.
        """
        try:
            return await self._log_in(credentials, CHARSET)
        except LoginRefused:
            if credentials.password.get_secret_value().isascii():
                raise
            return await self._log_in(credentials, "utf-8")

    async def look(self, session: Session) -> Answer:
        """Reads the session's page."""
        return self._read(await self._transport.get(URL(session_link(self._rules, session), encoded=True)), session)

    async def sign_up(self, session: Session, club_member_id: int) -> Answer:
        """Asks for a place."""
        return await self._act(Action.SIGN_UP, session, club_member_id)

    def prepared(self, way_in: Action, session: Session, club_member_id: int) -> PreparedRequest:
        """A sign-up or a confirmation made ready beforehand. It may be sent many times, and lasts as long as the visit.

        All of a visit share their connections.
        """
        return PreparedAction(
            request=PreparedGet(self._transport, self._action_url(way_in, session, club_member_id)),
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
        if front.status != _OK or front.body is None:
            return None
        self._own_id = Document(front.body).club_member_id
        for session in _likely_to_tell(front.body)[: _MOST_ID_REQUESTS - 1]:
            if self._own_id is not None or (await self.look(session)).verdict.kind in _NO_USE_TO_GO_ON:
                break
        return self._own_id

    async def timetable(self, weeks_ahead: int = 0) -> Sequence[TimetableEntry]:
        """The club's weekly timetable. Raises ClubBusy, ClubUnreachable, PageNotUnderstood."""
        return read_timetable(_body(await self._transport.get(self._front_page(weeks_ahead))))

    async def free_places(self) -> FreePlaces:
        """What the front page shows to everybody: its list of free places, and this week's timetable.

        Raises as `timetable`.
        """
        page = _body(await self._transport.get(self._front_page()))
        free = frozenset(read_free_sessions(page))
        return FreePlaces(free=free, shown=free.union(entry.session for entry in read_timetable(page)))

    async def probe(self, *, deep: bool = False) -> Answer:
        """Asks for the head of a file, or of the club's cheapest page, for the sake of its Date header.

        There is no page to read, so the verdict of an answer that is neither busy nor missing is unknown.
        """
        reply = await self._transport.head(URL(self._rules.root + (_PROBE_PAGE if deep else _PROBE_FILE), encoded=True))
        return _answer(reply, lambda _: SessionPage(verdict=Verdict(kind=VerdictKind.UNKNOWN)))

    async def look_through(self, credentials: Credentials | None) -> LookedThrough:
        """Reads each kind of page once, logged out and then logged in. Raises ClubBusy, ClubUnreachable."""

        async def front(week: int) -> bytes:
            return _body(await self._transport.get(self._front_page(week)))

        async def page_of(session: Session) -> bytes:
            return _body(await self._transport.get(URL(session_link(self._rules, session), encoded=True)))

        async def log_in() -> bytes:
            return _body(await self._sent_login(credentials, CHARSET)) if credentials else b""

        return await looked_through(Requests(front, page_of, log_in if credentials else None))

    async def _sent_login(self, credentials: Credentials, charset: str) -> Reply:
        self._transport.cookies.clear()
        self._own_id = None
        url = URL(f"{self._rules.root}index.php?lang=no", encoded=True)
        return await self._transport.post_form(url, _login_form(credentials, charset))

    async def _log_in(self, credentials: Credentials, charset: str) -> Answer:
        reply = await self._sent_login(credentials, charset)
        page = read_login(_body(reply))
        match page.outcome:
            case LoginOutcome.REFUSED:
                raise LoginRefused(page.reason.replace(credentials.password.get_secret_value(), "***"))
            case LoginOutcome.UNCLEAR:
                raise PageNotUnderstood(
                    "The club's answer to the login is neither proof nor refusal.", page.fingerprint
                )
            case LoginOutcome.ACCEPTED:
                self._own_id = page.club_member_id
                accepted = Verdict(kind=VerdictKind.LOGGED_IN)
                return _answer(reply, lambda _: SessionPage(verdict=accepted, club_member_id=page.club_member_id))

    async def _act(self, action: Action, session: Session, club_member_id: int) -> Answer:
        refused = self._not_sent(club_member_id)
        if refused is not None:
            return refused
        reply = await self._transport.get(self._action_url(action, session, club_member_id))
        return self._read(reply, session, acting=True)

    def _action_url(self, action: Action, session: Session, club_member_id: int) -> URL:
        query = f"&{ACTION_PARAMETERS[action]}={club_member_id}"
        return URL(session_link(self._rules, session) + query, encoded=True)

    def _not_sent(self, club_member_id: int) -> Answer | None:
        """Nothing is ever asked in the name of somebody else than who is logged in: the answer to that."""
        if self._own_id in (None, club_member_id):
            return None
        now_s = self._clock.monotonic_s()
        page = SessionPage(verdict=Verdict(kind=VerdictKind.REFUSED), club_member_id=self._own_id)
        return Answer(page, sent_s=now_s, received_s=now_s)

    def _read(self, reply: Reply, session: Session, *, acting: bool = False) -> Answer:
        answer = _answer(reply, lambda body: read_session(body, session, acting=acting))
        self._own_id = answer.page.club_member_id or self._own_id
        return answer

    def _front_page(self, weeks_ahead: int = 0) -> URL:
        return URL(f"{self._rules.root}index.php?lang=no&uke={weeks_ahead}", encoded=True)


def _answer(reply: Reply, read: Callable[[bytes], SessionPage]) -> Answer:
    """The answer, its page read by `read` if it came whole and well."""
    if reply.is_busy:
        page = SessionPage(verdict=Verdict(kind=VerdictKind.BUSY, retry_after_s=reply.retry_after_s))
    elif reply.body is None:
        page = SessionPage(verdict=Verdict(kind=VerdictKind.NO_ANSWER))
    elif reply.status != _OK:
        unknown = Verdict(kind=VerdictKind.UNKNOWN, fingerprint=Document(reply.body).fingerprint)
        page = SessionPage(verdict=unknown)
    else:
        page = read(reply.body)
    return Answer(page, reply.sent_s, reply.received_s, reply.status, reply.date, reply.second_hand)


def _body(reply: Reply) -> bytes:
    """The page. Raises ClubBusy, ClubUnreachable, and PageNotUnderstood for an answer that is no page."""
    if reply.is_busy:
        raise ClubBusy(f"The club asks to be left alone (HTTP {reply.status}).", retry_after_s=reply.retry_after_s)
    if reply.body is None:
        raise ClubUnreachable("The club did not answer.")
    if reply.status != _OK:
        raise PageNotUnderstood(f"The club answered HTTP {reply.status}.", Document(reply.body).fingerprint)
    return reply.body


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
