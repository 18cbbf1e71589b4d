"""Clients of the practice club with one thing wrong each, and a plan by which a check meets it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import SplitResult

from pydantic import HttpUrl
from support.ntnui_visits import USER_AGENT, credentials, open_session

from autotennis.adapters.clubs.limits import Limits
from autotennis.adapters.clubs.ntnui.client import NtnuiVisit
from autotennis.adapters.clubs.ntnui.kind import SITES
from autotennis.adapters.clubs.ntnui.links import NtnuiLinks
from autotennis.adapters.clubs.site import Site
from autotennis.adapters.clubs.site_club import SiteClub
from autotennis.adapters.system import SystemClock
from autotennis.conformance.checking import check
from autotennis.conformance.desk import Order
from autotennis.conformance.outcome import Result
from autotennis.conformance.plan import Links, Plan
from autotennis.domain.club import ClubRules
from autotennis.domain.member import Credentials
from autotennis.errors import ClubUnreachable, LoginRefused
from autotennis.ports import Answer, Club, SessionPage
from autotennis.values import Session, Verdict, VerdictKind
from practice_club.club import PracticeClub
from practice_club.session import Session as ClubSession

_DAY: Final = timedelta(days=1)
_SOME_DAY: Final = datetime(2026, 12, 1, 15, 0)


def saying(answer: Answer, kind: VerdictKind, **figures: int | None) -> Answer:
    """The same answer with another verdict."""
    verdict = Verdict.model_validate({"kind": kind, **figures})
    return replace(answer, page=answer.page.model_copy(update={"verdict": verdict}))


class ClubWith(SiteClub[NtnuiLinks]):
    """The practice club, read by visitors of another kind."""

    def __init__(self, practice: PracticeClub, visits: type[NtnuiVisit] = NtnuiVisit) -> None:
        rules = ClubRules(id="broken", name="Broken", base_url=HttpUrl(practice.base_url))
        site = Site(rules.root, USER_AGENT, SystemClock(), Limits(), SITES.manners)
        super().__init__(replace(SITES, visit=visits), rules, site)


class LinksElsewhere(ClubWith):
    """Writes the link of the day after."""

    def link(self, session: Session) -> str:
        return super().link(session.model_copy(update={"start": session.start + _DAY}))


class TakesAnyLink(ClubWith):
    """Takes whatever it is given for a session."""

    def session_of(self, url: SplitResult) -> Session:  # noqa: ARG002 (it reads nothing)
        return Session(timeid=1, start=_SOME_DAY)


class SaysSignedUp(NtnuiVisit):
    """Tells of a sign-up that it never sent."""

    async def sign_up(self, session: Session, club_member_id: int) -> Answer:  # noqa: ARG002 (it asks nothing)
        return saying(await self.look(session), VerdictKind.SIGNED_UP)


class SaysSignedUpEverywhere(NtnuiVisit):
    """Says of every page that the member is in."""

    async def look(self, session: Session) -> Answer:
        return saying(await super().look(session), VerdictKind.SIGNED_UP)


class RepeatsLogin(NtnuiVisit):
    """Tries a refused login once more."""

    async def log_in(self, credentials: Credentials) -> Answer:
        try:
            return await super().log_in(credentials)
        except LoginRefused:
            return await super().log_in(credentials)


class LetsAnybodyIn(NtnuiVisit):
    """Takes a refusal for a login."""

    async def log_in(self, credentials: Credentials) -> Answer:
        try:
            return await super().log_in(credentials)
        except LoginRefused:
            return saying(await self.probe(), VerdictKind.LOGGED_IN)


class FullIsFree(NtnuiVisit):
    """Takes a full session for one with a place."""

    async def look(self, session: Session) -> Answer:
        answer = await super().look(session)
        return saying(answer, VerdictKind.FREE, free=1) if answer.verdict.kind is VerdictKind.FULL else answer


class OpensAnHourLate(NtnuiVisit):
    """Adds an hour to the countdown."""

    async def look(self, session: Session) -> Answer:
        answer = await super().look(session)
        told_s = answer.verdict.opens_in_s
        return answer if told_s is None else saying(answer, VerdictKind.NOT_OPEN, opens_in_s=told_s + 3600)


class EveryPageIsFree(NtnuiVisit):
    """Takes any page for one of a session with a place."""

    async def look(self, session: Session) -> Answer:
        return saying(await super().look(session), VerdictKind.FREE, free=1)


class CancelledIsFull(NtnuiVisit):
    """Does not see that a session is cancelled."""

    async def look(self, session: Session) -> Answer:
        answer = await super().look(session)
        return saying(answer, VerdictKind.FULL) if answer.verdict.kind is VerdictKind.CANCELLED else answer


class KeepsPlaces(NtnuiVisit):
    """Gives nothing back when it is told to: the practice club is asked by its plain page."""

    async def withdraw(self, session: Session, club_member_id: int) -> Answer:  # noqa: ARG002 (it asks nothing)
        return saying(await self.look(session), VerdictKind.FREE, free=1)


class TellsNoTime(NtnuiVisit):
    """Loses the club's stamp."""

    async def probe(self, *, deep: bool = False) -> Answer:
        return replace(await super().probe(deep=deep), date=None)


class RaisesOnPages(NtnuiVisit):
    """Raises where the port promises a verdict, with what the page says."""

    async def look(self, session: Session) -> Answer:  # noqa: ARG002 (it reads nothing)
        raise ValueError("a page with a kode 2580")


class UnreachablePages(NtnuiVisit):
    """Raises what only logins may raise."""

    async def look(self, session: Session) -> Answer:  # noqa: ARG002 (it reads nothing)
        raise ClubUnreachable("The club did not answer.")


class AsksToBeLeftAlone(NtnuiVisit):
    """Is always told to keep away."""

    async def probe(self, *, deep: bool = False) -> Answer:
        busy = Verdict(kind=VerdictKind.BUSY, retry_after_s=30)
        return replace(await super().probe(deep=deep), page=SessionPage(verdict=busy))


def taking_two(practice: PracticeClub, theirs: ClubSession) -> type[NtnuiVisit]:
    """A client whose sign-up takes a second place beside the member's."""

    class TakesTwo(NtnuiVisit):
        async def sign_up(self, session: Session, club_member_id: int) -> Answer:
            practice.take(theirs)
            return await super().sign_up(session, club_member_id)

    return TakesTwo


@dataclass(frozen=True)
class Scene:
    """What a check may use at a practice club: two members, and sessions of each kind."""

    practice: PracticeClub
    free: ClubSession
    plan: Plan
    logins: Sequence[Credentials]


def scene_at(practice: PracticeClub, *, opens_soon_in_s: float | None = None) -> Scene:
    """A scene at that club. What opens soon is left out of the plan unless it is said in how many seconds."""
    free, _ = open_session(practice)
    full, _ = open_session(practice, taken=4)
    closed, _ = open_session(practice, opens_in_s=9_000)
    cancelled, _ = open_session(practice)
    practice.cancel(cancelled)
    links = Links(
        free=practice.link(free),
        full=practice.link(full),
        not_open=practice.link(closed),
        cancelled=practice.link(cancelled),
        bad=practice.link(free).replace(f"timeid={free.slot.timeid}", "timeid=987654"),
        opens_soon=""
        if opens_soon_in_s is None
        else practice.link(open_session(practice, opens_in_s=opens_soon_in_s)[0]),
    )
    logins = [credentials(practice.add_member()) for _ in range(2)]
    return Scene(practice, free, Plan(pause_s=0, links=links), logins)


async def results_of(club: Club, scene: Scene, *, look_only: bool = False) -> dict[str, Result]:
    """How each case goes."""
    told: list[Result] = []
    order = Order(club, SystemClock(), scene.plan, scene.logins, look_only)
    given = await check(order, told.append)
    assert list(given) == told
    return {one.case: one for one in given}
