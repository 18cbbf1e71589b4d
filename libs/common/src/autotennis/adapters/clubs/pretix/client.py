"""A visitor at a club that books by pretix."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from yarl import URL

from autotennis.adapters.clubs.answers import answer_of, body_of, not_understood
from autotennis.adapters.clubs.canary import Readers, Shown
from autotennis.adapters.clubs.markup import fingerprint_of
from autotennis.adapters.clubs.prepared import Prepared
from autotennis.adapters.clubs.prepared_action import PreparedAction
from autotennis.adapters.clubs.pretix.checkout import ordered
from autotennis.adapters.clubs.pretix.links import PretixLinks, week_of
from autotennis.adapters.clubs.pretix.orders import Orders
from autotennis.adapters.clubs.pretix.pages import (
    LONGEST_TEXT,
    Date,
    read_calendar,
    read_date,
    read_login,
    read_on_list,
    read_said,
)
from autotennis.adapters.clubs.pretix.shop import IN_BACKGROUND, Shop
from autotennis.adapters.clubs.reply import Reply
from autotennis.adapters.clubs.site_visit import SiteVisit
from autotennis.adapters.clubs.transport import Transport
from autotennis.domain.club_health import PageTrouble
from autotennis.domain.member import Credentials
from autotennis.errors import NotFound, PageNotUnderstood
from autotennis.ports import Answer, PreparedRequest, SessionPage, TimetableEntry
from autotennis.values import Action, Activity, PageKind, Pointer, Session, Verdict, VerdictKind

# A timetable shows so many days, as clubs' pages do.
_DAYS: Final = 8
_MISSING: Final = 404
_NO_SESSION: Final = SessionPage(verdict=Verdict(kind=VerdictKind.NO_SESSION))
_NOTHING_SAID: Final = SessionPage(verdict=Verdict(kind=VerdictKind.UNKNOWN))
_REFUSED: Final = SessionPage(verdict=Verdict(kind=VerdictKind.REFUSED))
_ON_LIST: Final = SessionPage(verdict=Verdict(kind=VerdictKind.ON_LIST))
# Where the date's page says one of these, the member's own orders tell the rest.
_TOLD_TO_ALL: Final = frozenset({VerdictKind.FREE, VerdictKind.FULL, VerdictKind.NOT_OPEN, VerdictKind.UNKNOWN})


class PretixVisit(SiteVisit[PretixLinks]):
    """One visitor. A request for a place lays it into their cart, which keeps it for a while; some forms later it is an
    order, and the member's.
    """

    def __init__(self, links: PretixLinks, transport: Transport) -> None:
        super().__init__(links, transport)
        self._shop = Shop(links, transport)
        self._orders = Orders(self._shop)
        self._email = ""
        self._numbers: dict[str, int] = {}
        self._dates: dict[int, Date] = {}

    async def _sent_login(self, credentials: Credentials) -> Reply:
        self._shop.be_stranger()
        self._orders.forget()
        self._own_id, self._email = None, credentials.email
        fields = {"email": credentials.email, "password": credentials.password.get_secret_value()}
        return await self._shop.post("account/login", fields)

    async def look(self, session: Session) -> Answer:
        """Reads the date's page, and the member's own orders where those tell more."""
        if answer := await self._not_located(session):
            return answer
        reply = await self._shop.get(f"{session.slot}/{self._number(session)}/")
        answer = answer_of(reply, lambda body: self._page(body, session))
        if reply.status == _MISSING:
            return replace(answer, page=_NO_SESSION)
        if self._own_id is None or not answer.page.date_text or answer.verdict.kind not in _TOLD_TO_ALL:
            return answer
        return await self._orders.reckoned_with(answer, session)

    async def _not_located(self, session: Session) -> Answer | None:
        """Finds the number of a date that nobody has read yet in its series' week; the answer if it is not there.

        Where two of a series start at once, as on two courts, nobody can know which of them is meant.
        """
        if self._number(session):
            return None
        reply = await self._transport.get(self._page_of(session))
        answer = answer_of(reply, lambda body: self._located(body, session))
        return None if self._number(session) else answer

    def _located(self, body: bytes, session: Session) -> SessionPage:
        try:
            entries = read_calendar(body, self._links)
        except PageNotUnderstood as error:
            return not_understood(error.fingerprint)
        there = [entry.session.timeid for entry in entries if entry.session == session]
        if len(there) == 1:
            self._numbers[session.key] = there[0]
        return _NO_SESSION

    def _number(self, session: Session) -> int:
        return session.timeid or self._numbers.get(session.key, 0)

    def _page(self, body: bytes, session: Session) -> SessionPage:
        try:
            date = read_date(body, self._number(session))
        except PageNotUnderstood as error:
            return not_understood(error.fingerprint)
        if self._links.local(date.start) != session.start:
            # Another date than was meant is never booked.
            return _NO_SESSION
        self._dates[self._number(session)] = date
        verdict = _verdict(date)
        return SessionPage(
            verdict=verdict,
            club_member_id=self._own_id if date.is_logged_in else None,
            level=date.name[:LONGEST_TEXT],
            activity=_activity(date.name),
            date_text=date.text[:LONGEST_TEXT],
            # To whoever is not logged in, too, the page shows that it is open.
            way_in=Action.SIGN_UP if date.held_s is None and date.verdict.kind is VerdictKind.FREE else None,
        )

    async def sign_up(self, session: Session, club_member_id: int) -> Answer:
        """Lays a place into the cart. Looks before that if the product was not read yet."""
        if refused := self._not_sent(club_member_id):
            return refused
        if not self._item(session):
            answer = await self.look(session)
            if not self._item(session) or answer.verdict.kind not in _TOLD_TO_ALL:
                return answer
        return await self._added(await self._shop.post(f"{session.slot}/cart/add", self._wanted(session)), session)

    def prepared(self, way_in: Action, session: Session, club_member_id: int) -> PreparedRequest:  # noqa: ARG002 (one)
        """A request for a place made ready beforehand."""
        url = self._links.url(f"{session.slot}/cart/add")
        request = Prepared(self._transport, url, lambda: self._shop.form(self._wanted(session)))
        return PreparedAction(
            request, lambda: self._not_sent(club_member_id), lambda reply: self._added(reply, session)
        )

    def _wanted(self, session: Session) -> dict[str, str]:
        item = self._item(session)
        return {"subevent": str(self._number(session)), **({f"item_{item}": "1"} if item else {}), **IN_BACKGROUND}

    def _item(self, session: Session) -> str:
        """The number of the product to ask for, by the date's page; empty while that was not read."""
        date = self._dates.get(self._number(session))
        return date.item if date else ""

    async def _added(self, reply: Reply, session: Session) -> Answer:
        date = self._dates.get(self._number(session))
        return answer_of(await self._shop.settled(reply), lambda body: _adding(body, date.keeps_s if date else None))

    async def complete(self, session: Session, club_member_id: int) -> Answer:
        """Makes an order of what lies in the cart. Where the shop wants to know what only the member can say, it is
        refused, and held still.
        """
        if refused := self._not_sent(club_member_id):
            return refused
        ended = await ordered(self._shop, session)
        if ended.order:
            return await self._orders.proven(ended.order, session, club_member_id)
        if not ended.is_refused:
            return answer_of(ended.reply, lambda body: not_understood(fingerprint_of(body)))
        return await self._refused(answer_of(ended.reply, lambda _: _REFUSED), session, club_member_id)

    async def _refused(self, answer: Answer, session: Session, club_member_id: int) -> Answer:
        """A membership is not taken for a second place at the same time: then the first one is what counts."""
        known = await self._orders.reckoned_with(answer, session)
        if known.verdict.kind is not VerdictKind.SIGNED_UP:
            return answer
        await self.release(session, club_member_id)
        return known

    async def release(self, session: Session, club_member_id: int) -> Answer:  # noqa: ARG002 (whose cart it is)
        """Empties the cart. What is said then is nothing of the session."""
        return answer_of(await self._shop.ask(f"{session.slot}/cart/clear", {}), lambda _: _NOTHING_SAID)

    async def withdraw(self, session: Session, club_member_id: int) -> Answer:
        """Cancels the order, and looks what came of it: a club may want to agree first."""
        if refused := self._not_sent(club_member_id):
            return refused
        if self._orders.address_of(session) is None:
            answer = await self.look(session)
            if answer.page.way_out is None:
                return answer
        if address := self._orders.address_of(session):
            await self._shop.ask(address / "cancel/do", {})
        return await self.look(session)

    async def join_list(self, session: Session, club_member_id: int) -> Answer:
        """Asks for a turn on the club's waiting list, which writes to the member's address there."""
        if refused := self._not_sent(club_member_id):
            return refused
        if not self._item(session):
            await self.look(session)
        number, item = self._number(session), self._item(session)
        fields = {"email": self._email, "itemvar": item}
        reply = await self._shop.post(f"{session.slot}/waitinglist/?item={item}&subevent={number}", fields)
        return answer_of(reply, lambda body: _ON_LIST if read_on_list(body) else not_understood(fingerprint_of(body)))

    async def find(self, pointer: Pointer) -> Session:
        """The session that the pointer names. Raises NotFound, ClubBusy, ClubUnreachable, PageNotUnderstood."""
        reply = await self._shop.get(f"{pointer.slot}/{pointer.number}/")
        if reply.status == _MISSING:
            raise NotFound("The club has no such date.")
        date = read_date(body_of(reply), pointer.number)
        return Session(slot=pointer.slot, timeid=pointer.number, start=self._links.local(date.start))

    async def timetable(self, weeks_ahead: int = 0) -> Sequence[TimetableEntry]:
        """The calendar of eight days. Raises ClubBusy, ClubUnreachable, PageNotUnderstood."""
        first = self._clock.now().astimezone(self._links.rules.zone).date() + timedelta(weeks=weeks_ahead)
        days = [first + timedelta(days=day) for day in range(_DAYS)]
        weeks = dict.fromkeys(week_of(day) for day in days)
        entries = list[TimetableEntry]()
        for week in weeks:
            entries += read_calendar(await self._body(self._links.url(f"?{week}")), self._links)
        return [entry for entry in entries if entry.session.start.date() in days]

    def _fronts(self) -> Sequence[URL]:
        # Without a day it is the week of the next date.
        return [self._links.url("?style=week")]

    @property
    def _readers(self) -> Readers:
        return Readers({PageKind.TIMETABLE: self._shown}, self._page, read_login)

    def _shown(self, body: bytes) -> Shown:
        try:
            return None, tuple(entry.session for entry in read_calendar(body, self._links))
        except PageNotUnderstood:
            return PageTrouble.NO_TIMETABLE, ()

    def _probed(self, *, deep: bool) -> URL:
        # The page for logins is never kept by a cache.
        return self._links.url("account/login") if deep else self._links.url("").with_path("/robots.txt")

    def _not_sent(self, club_member_id: int) -> Answer | None:
        # Each login shows the id, so who has none is not logged in.
        return self._unsent(VerdictKind.LOGGED_OUT) if self._own_id is None else super()._not_sent(club_member_id)


def _adding(body: bytes, keeps_s: float | None) -> SessionPage:
    said = read_said(body)
    return SessionPage(verdict=said.verdict(keeps_s)) if said else not_understood(fingerprint_of(body))


def _verdict(date: Date) -> Verdict:
    if not date.is_logged_in:
        return Verdict(kind=VerdictKind.LOGGED_OUT, opens_at=date.verdict.opens_at)
    return date.verdict if date.held_s is None else Verdict(kind=VerdictKind.HELD, held_s=date.held_s)


def _activity(name: str) -> Activity | None:
    return next((activity for activity in Activity if activity.value in name.lower()), None)
