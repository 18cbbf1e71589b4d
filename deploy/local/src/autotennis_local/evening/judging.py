"""Holds what Autotennis says of an evening against the practice club's own record. Free of any network."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain
from statistics import median
from typing import Final

from pydantic import BaseModel, ConfigDict

from autotennis.domain.booking import State
from autotennis.domain.club import RaceRules, WatchRules
from autotennis.values import FailureReason
from autotennis_local.evening.programme import TROUBLED, Opening, Twist

_NS_PER_MS: Final = 1_000_000
# A registration, the look at a session that is asked for, and giving the place back are no booking's.
_BESIDE: Final = 12
# What the club calls a place that was given, and one that was given up, or that the club has lost again.
GIVEN: Final = frozenset({"signed_up", "confirmed"})
GIVEN_UP: Final = frozenset({"withdrawn", "declined", "lost"})
# An opening for which less time than this was left could not be prepared for.
_PREPARED_S: Final = 12.0


class _Read(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Change(_Read):
    """Something that happened to a member's place, at an instant of the club's clock."""

    member_id: int
    what: str
    at_ns: int
    by_rival: bool = False


class SignUps(_Read):
    """How many sign-ups of each member came, by the members' ids."""

    by_member: dict[str, int]


class SessionRecord(_Read):
    """A session by the club's record. Instants are nanoseconds since 1970 on the club's clock."""

    timeid: int
    spilletid: str
    opens_ns: int
    free: int
    members: tuple[int, ...]
    history: tuple[Change, ...]
    overbooked: bool
    sign_ups: SignUps

    @property
    def key(self) -> tuple[int, str]:
        """What identifies it."""
        return self.timeid, self.spilletid


class Failed(_Read):
    """Why a booking failed."""

    reason: FailureReason


class Told(_Read):
    """A booking as Autotennis tells of it."""

    id: str
    state: State
    failure: Failed | None = None
    requests_sent: int = 0
    sign_ups_sent: int = 0
    series_id: str | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """A wish as it was carried out: whose (the id at the club), for which session, and what is told of it.

    `prepared_s` is how long before the opening it was made. `next_week` is the state of the next booking of its series.
    """

    opening: Opening
    session: tuple[int, str]
    club_member_id: int
    ends: frozenset[State]
    twist: Twist
    told: Told
    prepared_s: float = 60.0
    next_week: State | None = None


@dataclass(frozen=True, slots=True)
class Evening:
    """Everything that is known of an evening: what we say, and what the club's record says.

    `opens_ns` is the opening of each session as it was enforced then; `requests` counts what each member sent.
    """

    wishes: tuple[Wish, ...]
    sessions: Mapping[tuple[int, str], SessionRecord]
    opens_ns: Mapping[tuple[int, str], int]
    requests: Mapping[int, int]
    requests_total: int


class Promise(StrEnum):
    """What Autotennis promises."""

    TRUTHFUL = "truthful"
    ONCE = "never twice"
    POLITE = "polite"
    EXACT = "exact"
    AS_WISHED = "as wished"


@dataclass(frozen=True, slots=True)
class Broken:
    """A promise that was not kept, and how."""

    promise: Promise
    opening: int
    text: str


@dataclass(frozen=True, slots=True)
class Row:
    """How one opening went. `first_ms` is when the club first said yes to one of us, in ms after it opened."""

    opening: Opening
    states: Counter[State]
    first_ms: float | None


@dataclass(frozen=True, slots=True)
class Judgement:
    """How the evening went. `first_ms` are the least, the middle and the greatest of the openings without trouble."""

    rows: tuple[Row, ...]
    broken: tuple[Broken, ...]
    first_ms: tuple[float, float, float] | None
    requests_total: int


def judged(evening: Evening, within_ms: float) -> Judgement:
    """Compares. `within_ms` is how soon after an opening without trouble the first yes has to come."""
    openings = {wish.opening.number: wish.opening for wish in evening.wishes}
    rows = tuple(_row(evening, opening) for _, opening in sorted(openings.items()))
    exact = [row.first_ms for row in rows if row.first_ms is not None and row.opening.kind not in TROUBLED]
    broken = chain(
        chain.from_iterable(_of_wish(evening, wish) for wish in evening.wishes),
        chain.from_iterable(_of_session(evening, session) for session in evening.sessions.values()),
        _too_many(evening),
        _too_late(evening, rows, within_ms),
    )
    figures = (min(exact), median(exact), max(exact)) if exact else None
    return Judgement(rows, tuple(broken), figures, evening.requests_total)


def _row(evening: Evening, opening: Opening) -> Row:
    mine = [wish for wish in evening.wishes if wish.opening.number == opening.number]
    firsts = [first for key in {wish.session for wish in mine} if (first := _first_ms(evening, key)) is not None]
    return Row(opening, Counter(wish.told.state for wish in mine), min(firsts, default=None))


def _first_ms(evening: Evening, key: tuple[int, str]) -> float | None:
    ours = {wish.club_member_id for wish in evening.wishes if wish.session == key}
    history = evening.sessions[key].history
    given = [change.at_ns for change in history if change.what in GIVEN and change.member_id in ours]
    return (min(given) - evening.opens_ns[key]) / _NS_PER_MS if given else None


def _of_wish(evening: Evening, wish: Wish) -> Iterator[Broken]:
    number, told = wish.opening.number, wish.told
    session = evening.sessions[wish.session]
    is_in = wish.club_member_id in session.members
    if told.state is State.BOOKED and not is_in:
        yield Broken(
            Promise.TRUTHFUL, number, f"{told.id} is said to be booked, but the club does not have the member."
        )
    if told.state is not State.BOOKED and is_in:
        yield Broken(Promise.TRUTHFUL, number, f"{told.id} is said to be {told.state}, but the club has the member.")
    if told.state not in wish.ends:
        expected = " or ".join(sorted(wish.ends))
        reason = f" ({told.failure.reason})" if told.failure else ""
        yield Broken(Promise.AS_WISHED, number, f"{told.id} is {told.state}{reason}, not {expected}.")
    elif told.state is State.WAITING and session.free:
        yield Broken(Promise.AS_WISHED, number, f"{told.id} waits, but the session has {session.free} free.")
    yield from _of_twist(wish)


def _of_twist(wish: Wish) -> Iterator[Broken]:
    number, told = wish.opening.number, wish.told
    reason = told.failure and told.failure.reason
    if wish.twist is Twist.WRONG_PASSWORD and reason is not FailureReason.LOGIN_REFUSED:
        said = reason or "no reason"
        yield Broken(Promise.AS_WISHED, number, f"{told.id}: the club refused the password, but we say: {said}.")
    if wish.twist is Twist.WEEKLY and wish.next_week not in {State.REQUESTED, State.SCHEDULED}:
        yield Broken(Promise.AS_WISHED, number, f"{told.id}: next week was not planned.")


def _of_session(evening: Evening, session: SessionRecord) -> Iterator[Broken]:
    wishes = [wish for wish in evening.wishes if wish.session == session.key]
    number = wishes[0].opening.number if wishes else 0
    if session.overbooked:
        yield Broken(Promise.ONCE, number, f"Session {session.timeid} has more members than places.")
    per_member = Counter(wish.club_member_id for wish in wishes if wish.told.state is not State.CANCELLED)
    for member_id, places in _places(session.history).items():
        if places > 1:
            yield Broken(Promise.ONCE, number, f"Member {member_id} got {places} places in session {session.timeid}.")
        if places and member_id not in per_member:
            yield Broken(
                Promise.TRUTHFUL, number, f"Member {member_id} got a place in {session.timeid} without a wish for it."
            )


def _places(history: Iterable[Change]) -> Mapping[int, int]:
    """How many places each member holds, those of others left out."""
    places: Counter[int] = Counter()
    for change in history:
        if not change.by_rival:
            places[change.member_id] += (change.what in GIVEN) - (change.what in GIVEN_UP)
    return places


def _too_many(evening: Evening) -> Iterator[Broken]:
    race, watch = RaceRules(), WatchRules()
    wished: Counter[int] = Counter()
    for wish in evening.wishes:
        wished[wish.club_member_id] += 1 + (wish.next_week is not None)
        came = evening.sessions[wish.session].sign_ups.by_member.get(str(wish.club_member_id), 0)
        most = race.sign_ups + watch.sign_ups
        if came > most:
            text = f"The club received {came} sign-ups for {wish.told.id}, more than {most}."
            yield Broken(Promise.POLITE, wish.opening.number, text)
        if wish.told.sign_ups_sent > most or wish.told.requests_sent > race.requests + watch.requests:
            text = (
                f"{wish.told.id} sent {wish.told.requests_sent} requests, {wish.told.sign_ups_sent} of them sign-ups."
            )
            yield Broken(Promise.POLITE, wish.opening.number, text)
    for member_id, count in wished.items():
        most = count * (race.requests + watch.requests) + _BESIDE
        if evening.requests.get(member_id, 0) > most:
            text = (
                f"Member {member_id} sent {evening.requests[member_id]} requests for {count} wishes, more than {most}."
            )
            yield Broken(Promise.POLITE, 0, text)


def _too_late(evening: Evening, rows: Sequence[Row], within_ms: float) -> Iterator[Broken]:
    for row in rows:
        prepared_s = min(wish.prepared_s for wish in evening.wishes if wish.opening.number == row.opening.number)
        is_judged = row.opening.kind not in TROUBLED and prepared_s >= _PREPARED_S
        if is_judged and row.first_ms is not None and row.first_ms > within_ms:
            text = f"The first yes came {row.first_ms:.1f} ms after the opening, later than {within_ms:g} ms."
            yield Broken(Promise.EXACT, row.opening.number, text)
