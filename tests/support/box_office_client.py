"""A visitor at the box office: a kind of club of its own."""

# ruff: noqa: ARG002 (the ports have parameters that this site has no use for)

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import SplitResult, urlencode

from yarl import URL

from autotennis.adapters.clubs.answers import answer_of
from autotennis.adapters.clubs.canary import Readers
from autotennis.adapters.clubs.login import LoginOutcome, LoginPage
from autotennis.adapters.clubs.prepared import Prepared
from autotennis.adapters.clubs.prepared_action import PreparedAction
from autotennis.adapters.clubs.reply import Reply
from autotennis.adapters.clubs.site_club import Sites
from autotennis.adapters.clubs.site_visit import SiteVisit
from autotennis.domain.club import ClubRules, RaceRules
from autotennis.domain.member import Credentials
from autotennis.ports import Answer, PreparedRequest, SessionPage, Traits
from autotennis.values import Action, Session, Verdict, VerdictKind

RACE = RaceRules(
    give_up_s=4.0, prove_s=2.0, shots=1, in_flight=1, repeats=False, early=False, steps=2, logins=2, locks_login=False
)
START = datetime(2027, 3, 6, 18, 0)


@dataclass(frozen=True, slots=True)
class BoxOfficeLinks:
    """The addresses there."""

    rules: ClubRules

    @property
    def good_link(self) -> str:
        """What a link looks like."""
        return f"{self.rules.root}event/slot-1"

    def link(self, session: Session) -> str:
        """The address of a session."""
        return f"{self.rules.root}event/{session.slot}"

    def session_of(self, url: SplitResult) -> Session:
        """The session at an address."""
        return Session(timeid=0, slot=url.path.rsplit("/", 1)[-1], start=START)


class BoxOfficeVisit(SiteVisit[BoxOfficeLinks]):
    """One visitor there."""

    async def _sent_login(self, credentials: Credentials) -> Reply:
        form = {"email": credentials.email, "password": credentials.password.get_secret_value()}
        return await self._transport.post_form(self._url("login"), urlencode(form).encode())

    async def look(self, session: Session) -> Answer:
        """Reads the page."""
        return answer_of(await self._transport.get(self._page_of(session)), _page)

    async def sign_up(self, session: Session, club_member_id: int) -> Answer:
        """Has a place held."""
        return await self._asked(session, "hold")

    def prepared(self, way_in: Action, session: Session, club_member_id: int) -> PreparedRequest:
        """The same, made ready."""
        return PreparedAction(
            request=Prepared(self._transport, self._page_of(session) / "hold", lambda: b"places=1"),
            refusal=lambda: self._not_sent(club_member_id),
            read=lambda reply: answer_of(reply, _page),
        )

    async def withdraw(self, session: Session, club_member_id: int) -> Answer:
        """Gives a place back."""
        return await self._asked(session, "withdraw")

    async def complete(self, session: Session, club_member_id: int) -> Answer:
        """Tells what is asked of the member, and confirms."""
        told = await self._asked(session, "details")
        return await self._asked(session, "confirm") if told.verdict.kind is VerdictKind.HELD else told

    async def release(self, session: Session, club_member_id: int) -> Answer:
        """Lets go."""
        return await self._asked(session, "release")

    async def join_list(self, session: Session, club_member_id: int) -> Answer:
        """Joins the list."""
        return await self._asked(session, "list")

    def _probed(self, *, deep: bool) -> URL:
        return self._url("time")

    def _fronts(self) -> Sequence[URL]:
        return ()

    @property
    def _readers(self) -> Readers:
        return _READERS

    async def _asked(self, session: Session, action: str) -> Answer:
        return answer_of(await self._transport.post_form(self._page_of(session) / action, b""), _page)

    def _url(self, path: str) -> URL:
        return URL(self._links.rules.root + path)


def _page(body: bytes) -> SessionPage:
    said: dict[str, Any] = json.loads(body)
    kind = VerdictKind(said["state"])
    opens_at = datetime.fromisoformat(said["opens_at"]) if "opens_at" in said else None
    free = said.get("free")
    verdict = Verdict(kind=kind, opens_at=opens_at, free=free if kind is not VerdictKind.NOT_OPEN else None)
    way_in = Action.SIGN_UP if kind is VerdictKind.FREE else None
    way_out = Action.WITHDRAW if kind is VerdictKind.SIGNED_UP else None
    return SessionPage(verdict=verdict, club_member_id=said.get("member"), way_in=way_in, way_out=way_out)


def _login(body: bytes) -> LoginPage:
    is_refused = json.loads(body)["state"] == "refused"
    return LoginPage(LoginOutcome.REFUSED, "No.") if is_refused else LoginPage(LoginOutcome.ACCEPTED)


_READERS: Final = Readers(fronts={}, session=lambda body, _: _page(body), login=_login)
# A waiting list of its own, and nothing else that clubs have.
BOX_OFFICE: Final = Sites(BoxOfficeLinks, BoxOfficeVisit, Traits(has_timetable=False, has_list=True))
