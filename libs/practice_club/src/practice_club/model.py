"""The club itself: members, weekly slots, sessions, and rivals who take places. Pure: it is given the instant.

Everything that time alone brings about (a rival's sign-up at T+x ms) happens when a session is next looked at, in the
order and with the instants at which it was due. So nothing waits on a timer, and the record is exact.
"""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import count
from typing import NamedTuple

from pydantic import SecretStr

from practice_club.clock import NS_PER_MS
from practice_club.people import Member, Slot
from practice_club.session import Rules, Session
from practice_club.vocabulary import Action, Verdict

FIRST_RIVAL_ID = 90_001  # those who come by plan
FIRST_TAKER_ID = 95_001  # those who are given a place by order


class SessionKey(NamedTuple):
    """What identifies a session: the weekly slot and the local start."""

    timeid: int
    start: datetime


@dataclass(frozen=True, slots=True)
class RivalPlan:
    """`places` rivals take a place each `after_opening_ms` after an opening; they leave again after `stay_ms`."""

    after_opening_ms: float
    places: int = 1
    stay_ms: float | None = None
    timeid: int | None = None


class _RivalMove(NamedTuple):
    at_ns: int
    arrives: bool
    member_id: int


class ClubModel:
    """Who is a member, which sessions there are, and who has a place in them."""

    def __init__(self, seed: int = 1) -> None:
        self._seed = seed
        self._came_up: Counter[int] = Counter()
        self.rules = Rules()
        self.members: dict[int, Member] = {}
        self.sessions: dict[SessionKey, Session] = {}
        self.version = 0
        self._slots: dict[int, list[Slot]] = {}
        self._dropped: set[SessionKey] = set()
        self._rivals: tuple[RivalPlan, ...] = ()
        self._rivals_from_ns = 0

    # --- members -----------------------------------------------------------------------------------------------

    def add_member(self, member: Member) -> None:
        """Raises ValueError if the id or the e-mail address is taken."""
        if member.id in self.members:
            raise ValueError(f"there is a member with id {member.id} already")
        if self.member_by_email(member.email) is not None:
            raise ValueError(f"there is a member with the e-mail address {member.email} already")
        self.members[member.id] = member
        self.touch()

    def member(self, member_id: int) -> Member:
        """Raises LookupError if nobody has the id."""
        if member_id not in self.members:
            raise LookupError(f"no member has the id {member_id}")
        return self.members[member_id]

    def remove_member(self, member_id: int, now_ns: int) -> Member:
        """Takes a member away, from every session too. Raises LookupError, ValueError for a regular player."""
        member = self.member(member_id)
        if any(member_id in slot.regulars for slot in self.slots):
            raise ValueError(f"member {member_id} has a fixed place: end that slot before")
        for session in self.sessions.values():
            if member_id in session.substitutes:
                session.unseat(member_id, now_ns, Verdict.WITHDRAWN)
        del self.members[member_id]
        self.touch()
        return member

    def member_by_email(self, email: str) -> Member | None:
        """Capitals in an e-mail address do not matter."""
        wanted = email.strip().casefold()
        return next((member for member in self.members.values() if member.email.casefold() == wanted), None)

    def short_name(self, member_id: int) -> str:
        """A member's name as the club's pages show it."""
        member = self.members.get(member_id)
        return member.short_name if member else "Ukjent"

    def free_member_id(self) -> int:
        """An id that nobody has yet."""
        return max((member_id for member_id in self.members if member_id < FIRST_RIVAL_ID), default=20_000) + 1

    # --- slots and sessions ------------------------------------------------------------------------------------

    @property
    def slots(self) -> list[Slot]:
        """All weekly slots, also those whose validity has ended."""
        return [slot for versions in self._slots.values() for slot in versions]

    def free_timeid(self) -> int:
        """A `timeid` that was never used."""
        return max(self._slots, default=100) + 1

    def add_slot(self, slot: Slot) -> None:
        """Raises ValueError if the timeid is in use for some of the slot's time, or a regular is no member."""
        for other in self._slots.get(slot.timeid, []):
            if _overlap(slot, other):
                raise ValueError(f"timeid {slot.timeid} is in use; end that slot before, or choose another")
        unknown = [member_id for member_id in slot.regulars if member_id is not None and member_id not in self.members]
        if unknown:
            raise ValueError(f"no member has the id {unknown[0]}")
        self._slots.setdefault(slot.timeid, []).append(slot)
        self.touch()

    def end_slot(self, timeid: int, last_date: date) -> Slot:
        """Let the slot that is valid then have its last session on or before `last_date`; gives the ended slot."""
        versions = self._slots.get(timeid, [])
        for index, slot in enumerate(versions):
            if slot.valid_on(last_date):
                versions[index] = slot.model_copy(update={"last_date": last_date})
                self.touch()
                return versions[index]
        raise LookupError(f"no slot has the timeid {timeid} on {last_date}")

    def reuse_timeid(self, replacement: Slot, first_date: date) -> None:
        """From a date on, let a timeid mean another hour of the week, as the club did between semesters (2017)."""
        self.end_slot(replacement.timeid, first_date - timedelta(days=1))
        self.add_slot(replacement.model_copy(update={"first_date": first_date}))

    def find(self, key: SessionKey) -> Session | None:
        """The session of a link; None if the club has no such session."""
        session = self.sessions.get(key)
        if session is not None:
            return session
        if key in self._dropped:
            return None
        for slot in self._slots.get(key.timeid, []):
            if slot.start_on(key.start.date()) == key.start:
                self.sessions[key] = Session(slot, key.start, self._luck(key.timeid))
                return self.sessions[key]
        return None

    def _luck(self, timeid: int) -> float:
        """Drawn by the seed for the n-th session of a slot that comes up, so that it is the same on any day."""
        self._came_up[timeid] += 1
        return random.Random(f"{self._seed}/{timeid}/{self._came_up[timeid]}").random()  # noqa: S311 - no secret

    def announced_openings_ns(self) -> Iterator[int]:
        """When the sessions that were asked for or added open, as their pages say."""
        return (session.announced_opening_ns(self.rules) for session in self.sessions.values())

    def session(self, key: SessionKey) -> Session:
        """Like `find`; raises LookupError if there is none."""
        session = self.find(key)
        if session is None:
            raise LookupError(f"the club has no session with timeid {key.timeid} at {key.start:%Y-%m-%d %H:%M:%S}")
        return session

    def drop(self, key: SessionKey) -> None:
        """Take one week's session out of the timetable; its link is unknown from now on."""
        self.session(key)
        del self.sessions[key]
        self._dropped.add(key)
        self.touch()

    def sessions_on(self, first: date, days: int) -> Iterator[Session]:
        """All sessions of some days, by day and start."""
        slots = self.slots
        for number in range(days):
            day = first + timedelta(days=number)
            starts = ((start, slot.timeid) for slot in slots if (start := slot.start_on(day)) is not None)
            for start, timeid in sorted(starts):
                session = self.find(SessionKey(timeid, start))
                if session is not None:
                    yield session

    def act(self, action: Action, session: Session, member_id: int, now_ns: int) -> Verdict:
        """Do what a member asks of a session, at an instant."""
        self.catch_up(session, now_ns)
        doing = {
            Action.SIGN_UP: session.sign_up,
            Action.WITHDRAW: session.withdraw,
            Action.CONFIRM: session.confirm,
            Action.DECLINE: session.decline,
        }[action]
        changes = len(session.history)
        verdict = doing(member_id, now_ns, self.rules)
        if len(session.history) > changes:
            self.touch()
        return verdict

    def seat(self, session: Session, member_id: int | None, now_ns: int) -> int:
        """Give a member (None: one more rival) a place, open or not; gives who. Raises ValueError if none is left."""
        by_rival = member_id is None
        if member_id is None:
            member_id = next(n for n in count(FIRST_TAKER_ID) if n not in session.substitutes)
            self._ensure_rival(member_id)
        session.seat(member_id, now_ns, by_rival=by_rival)
        self.touch()
        return member_id

    def unseat(self, session: Session, member_id: int, now_ns: int, what: str) -> None:
        """Take a substitute's place away, whatever the rules say."""
        session.unseat(member_id, now_ns, what, by_rival=member_id >= FIRST_RIVAL_ID)
        self.touch()

    def decline(self, session: Session, member_id: int, now_ns: int) -> None:
        """Let a regular player say no, whatever the rules say."""
        session.say_no(member_id, now_ns)
        self.touch()

    def touch(self) -> None:
        """Something changed: pages that were kept are no longer true."""
        self.version += 1

    # --- rivals ------------------------------------------------------------------------------------------------

    def set_rivals(self, rivals: tuple[RivalPlan, ...], now_ns: int) -> None:
        """From now on these rivals come to every opening that they are meant for."""
        self._rivals = rivals
        self._rivals_from_ns = now_ns
        self.touch()

    def catch_up(self, session: Session, now_ns: int) -> None:
        """Let everything happen to the session that was due up to now."""
        if not self._rivals:
            return
        since_ns = max(session.caught_up_ns, self._rivals_from_ns)
        for move in self._rival_moves(session):
            if since_ns < move.at_ns <= now_ns:
                self._make(move, session)
        session.caught_up_ns = max(session.caught_up_ns, now_ns)

    def next_change_ns(self, sessions: list[Session], now_ns: int) -> int:
        """The next instant at which one of the sessions changes by itself; 0 if none does."""
        changes = [at_ns for session in sessions for at_ns in session.boundaries_ns(self.rules) if at_ns > now_ns]
        if self._rivals:
            changes += [m.at_ns for session in sessions for m in self._rival_moves(session) if m.at_ns > now_ns]
        return min(changes, default=0)

    def _rival_moves(self, session: Session) -> list[_RivalMove]:
        opens_ns = session.opens_ns(self.rules)
        moves: list[_RivalMove] = []
        member_id = FIRST_RIVAL_ID
        for plan in self._rivals:
            for _ in range(plan.places):
                at_ns = opens_ns + round(plan.after_opening_ms * NS_PER_MS)
                if plan.timeid in {None, session.slot.timeid}:
                    moves.append(_RivalMove(at_ns, True, member_id))
                    if plan.stay_ms is not None:
                        moves.append(_RivalMove(at_ns + round(plan.stay_ms * NS_PER_MS), False, member_id))
                member_id += 1
        return sorted(moves)

    def _make(self, move: _RivalMove, session: Session) -> None:
        self._ensure_rival(move.member_id)
        if move.arrives:
            session.sign_up(move.member_id, move.at_ns, self.rules, by_rival=True)
        elif move.member_id in session.substitutes:
            session.unseat(move.member_id, move.at_ns, Verdict.WITHDRAWN, by_rival=True)
        self.touch()

    def _ensure_rival(self, member_id: int) -> None:
        if member_id not in self.members:
            name = f"Rival {chr(ord('A') + (member_id - FIRST_RIVAL_ID) % 26)}"
            email = f"rival{member_id}@practice.invalid"
            self.members[member_id] = Member(id=member_id, email=email, pin=SecretStr(""), name=name)


def _overlap(one: Slot, other: Slot) -> bool:
    first = max(one.first_date or date.min, other.first_date or date.min)
    last = min(one.last_date or date.max, other.last_date or date.max)
    return first <= last
