"""What the pages of sessions say to somebody who only looks."""

from datetime import UTC, datetime, timedelta
from typing import Final

from autotennis.conformance.desk import Desk
from autotennis.conformance.outcome import Failed, Missing, promise
from autotennis.domain.club import ClubRules
from autotennis.domain.opening import opening_by_page, possible_openings
from autotennis.errors import BadLink, NotFound, PageNotUnderstood
from autotennis.links import parse_link
from autotennis.ports import Answer
from autotennis.values import Pointer, Session, Verdict, VerdictKind

# A countdown is written in whole minutes, and read a moment after it was written.
_COUNTDOWN_OFF: Final = timedelta(seconds=90)
_EXACT_OFF: Final = timedelta(seconds=1)
_NOTHING: Final = frozenset({VerdictKind.NO_SESSION, VerdictKind.UNKNOWN})


async def bad(desk: Desk) -> str:
    """A page that is no session's is not taken for one."""
    try:
        _, named = parse_link(desk.link("bad"), [desk.club])
    except BadLink:
        return "the link is refused"
    guest = await desk.reader()
    if isinstance(named, Pointer):
        pointer = named
        try:
            await guest.ask(lambda visit: visit.find(pointer))
        except (NotFound, PageNotUnderstood) as error:
            return f"find raises {type(error).__name__}"
        raise Failed("find gives a session where there is none")
    kind = await guest.says(named)
    promise(kind in _NOTHING, f"the page says `{kind}`; of what is no session only no_session or unknown may be said")
    return f"the page says {kind}"


async def not_open(desk: Desk) -> str:
    """A session that is not open says so, and when it opens."""
    session = await desk.session("not_open")
    answer = await seen(desk, session)
    kind = answer.verdict.kind
    promise(kind is VerdictKind.NOT_OPEN, f"the page says `{kind}`, where the sign-up is not open yet")
    return opening_at(desk, session, answer, desk.order.plan.openings.not_open)[1]


async def cancelled(desk: Desk) -> str:
    """A cancelled session says so, or that there is none."""
    kind = (await seen(desk, await desk.session("cancelled"))).verdict.kind
    good = kind in (VerdictKind.CANCELLED, VerdictKind.NO_SESSION)
    promise(good, f"the page of a cancelled session says `{kind}`, where only cancelled or no_session is true")
    return f"the page says {kind}"


async def seen(desk: Desk, session: Session) -> Answer:
    """A look at the page. Raises Missing where only members are told."""
    answer = await (await desk.reader()).look(session)
    if answer.verdict.kind is VerdictKind.LOGGED_OUT and not desk.order.logins:
        raise Missing("only members are told: the plan has no login")
    return answer


def opening_at(desk: Desk, session: Session, answer: Answer, known: datetime | None) -> tuple[datetime, str]:
    """The opening by the page that was read, or else by the rule, as `opening_told`."""
    read_at = desk.pace.time.instant_at(answer.received_s)
    return opening_told(session, desk.club.rules, answer.verdict, read_at, known)


def opening_told(
    session: Session, rules: ClubRules, verdict: Verdict, read_at: datetime, known: datetime | None
) -> tuple[datetime, str]:
    """The opening by the page or else by the rule, and in words. Raises Failed if what tells of it disagrees.

    `read_at` is the instant (UTC) at which the page was read; `known` the opening, if somebody knows it.
    """
    page, possible = opening_by_page(session, rules, read_at, verdict), possible_openings(session, rules)
    told = page or possible[0]
    way = "exactly" if verdict.opens_at else "by its countdown" if page else "by the club's rule alone"
    by_countdown = None if verdict.opens_in_s is None else read_at + timedelta(seconds=verdict.opens_in_s)
    if verdict.opens_at and by_countdown:
        _agree(verdict.opens_at, by_countdown, _COUNTDOWN_OFF, "opens_at and opens_in_s")
    if known:
        _agree(told, known, _EXACT_OFF if verdict.opens_at else _COUNTDOWN_OFF, f"the opening ({way}) and the plan's")
    elif by_countdown and not verdict.opens_at:
        nearest = min(possible, key=lambda one: abs(one - by_countdown))
        _agree(by_countdown, nearest, _COUNTDOWN_OFF, f"the countdown and the rule ({rules.opening.hours_before} h)")
    differs = bool(verdict.opens_at) and told not in possible
    note = f"; the rule of {rules.opening.hours_before} h says otherwise, and the page goes before" if differs else ""
    return told, f"opens at {told.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC, told {way}{note}"


def _agree(one: datetime, other: datetime, most: timedelta, what: str) -> None:
    promise(
        abs(one - other) <= most,
        f"{what} disagree: {one.astimezone(UTC):%Y-%m-%d %H:%M:%S} and {other.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC",
    )
