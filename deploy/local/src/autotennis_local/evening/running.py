"""Runs an evening: sessions and wishes are made, openings come, and what was said and done is gathered."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import aiohttp

from autotennis.adapters.system import SystemClock, SystemIds
from autotennis.domain.booking import FINAL, State
from autotennis.errors import Transient
from autotennis_local.evening.company import Company, Guest, at_once
from autotennis_local.evening.judging import Evening, SessionRecord, Told, Wish
from autotennis_local.evening.programme import (
    LATE_BY_S,
    SHORTEST_GAP_S,
    Act,
    Deed,
    Kind,
    Opening,
    PlannedSession,
    PlannedWish,
    Programme,
    Twist,
)
from autotennis_local.evening.words import over, stamped
from autotennis_local.practice import PracticeSession

# From the last wish to the first opening there should be at least so long, and a wish takes so long to make.
_LEAD_S: Final = 15.0
_WISH_S: Final = 0.2
# So long after the last opening everything must be over: a freed place is looked for each half minute.
_PATIENCE_S: Final = 150.0
_LOOK_EVERY_S: Final = 1.0
# So many looks a second at most, however many members there are.
_LOOKS_PER_S: Final = 10
_BUSY: Final[dict[str, Any]] = {
    "workers": 8,
    "service_before_ms": 20.0,
    "rush": {"requests": 150, "from_ms": -300.0, "to_ms": 700.0},
}
_REFUSED_TIMES: Final = 6
_REFUSED_FOR_S: Final = 1


@dataclass(slots=True)
class _Asked:
    """A wish that was made, and what was told of it last."""

    opening: Opening
    planned: PlannedWish
    guest: Guest
    session: PracticeSession
    told: Told
    prepared_s: float
    next_week: State | None = None

    @property
    def is_over(self) -> bool:
        """Whether it has come to an end, or to what it may stay in."""
        if self.planned.twist is Twist.WEEKLY and self.told.state is State.BOOKED:
            return self.next_week is not None
        return self.told.state in self.planned.ends | FINAL | {State.BOOKED}


class Rehearsal:
    """One evening."""

    def __init__(self, company: Company, programme: Programme, say: Callable[[str], None]) -> None:
        self._company = company
        self._programme = programme
        self._say = say
        self._clock = SystemClock()
        self._sessions: dict[tuple[int, str], PracticeSession] = {}
        self._opens_ns: dict[tuple[int, str], int] = {}
        self._asked: list[_Asked] = []
        self._usual: dict[str, Any] = {}
        self._begins_s = 0.0
        self._freed: set[tuple[int, str]] = set()

    async def run(self) -> Evening:
        """Runs it; gives everything that is known of it then. Raises PageRefused, ApiRefused, NoPracticeClub."""
        desk = self._company.desk
        self._usual = await desk.knobs()
        before = await desk.counts()
        self._tell(f"{self._programme.members} members register")
        await self._company.come(self._programme.members)
        await self._forget_passwords()
        await self._make_sessions()
        late = self._programme.wishes
        self._tell(f"{late} wishes are made, {len(self._sessions)} sessions")
        await self._follow()
        return await self._known(before)

    async def tidy(self) -> list[str]:
        """Takes everything away again that it made; gives what could not be."""
        desk = self._company.desk
        left = await self._company.leave()
        try:
            if self._usual:
                await desk.turn(self._usual)
            await at_once(self._sessions.values(), desk.remove_session)
        except (aiohttp.ClientError, TimeoutError) as error:
            left.append(f"sessions at the practice club ({type(error).__name__})")
        return left

    def _tell(self, text: str) -> None:
        self._say(stamped(self._clock.now(), text))

    # --- before the first opening --------------------------------------------------------------------------------

    async def _forget_passwords(self) -> None:
        """Those whose password will be wrong change it at the club, and do not say so to Autotennis."""
        wishes = (wish for opening in self._programme.openings for wish in opening.wishes)
        for wish in wishes:
            if wish.twist is Twist.WRONG_PASSWORD:
                guest = self._company.guests[wish.member]
                await self._company.desk.change_pin(guest.club_member_id, guest.person.password)

    async def _make_sessions(self) -> None:
        now = await self._company.desk.now()
        lead_s = _LEAD_S + _WISH_S * self._programme.wishes
        first_at = (now + timedelta(seconds=lead_s + 1)).replace(microsecond=0)
        self._begins_s = self._clock.monotonic_s() + (first_at - now).total_seconds()
        planned = [(opening, one) for opening in self._programme.openings for one in opening.sessions]
        for opening, one in planned:
            await self._make(opening, one, first_at + timedelta(seconds=opening.at_s))
        self._asked.sort(key=lambda asked: asked.opening.number)
        self._asked = list(await at_once(self._asked, self._ask))

    async def _make(self, opening: Opening, one: PlannedSession, opens_at: datetime) -> None:
        desk = self._company.desk
        session = await desk.session_at(opens_at, capacity=one.capacity, taken=one.taken)
        self._sessions[session.key] = session
        unasked = Told(id="-", state=State.REQUESTED)
        self._asked += [
            _Asked(opening, wish, self._company.guests[wish.member], session, unasked, 0.0) for wish in one.wishes
        ]

    async def _ask(self, asked: _Asked) -> _Asked:
        session = {
            "club": self._company.club_id,
            "timeid": asked.session.timeid,
            "start": asked.session.spilletid,
        }
        is_weekly = asked.planned.twist is Twist.WEEKLY
        asked.told = await asked.guest.asks.book(session, SystemIds().new(), weekly=is_weekly)
        asked.prepared_s = self._opens_s(asked.opening) - self._clock.monotonic_s()
        return asked

    def _opens_s(self, opening: Opening) -> float:
        return self._begins_s + opening.at_s

    # --- while it goes on ----------------------------------------------------------------------------------------

    async def _follow(self) -> None:
        acting = asyncio.create_task(self._act())
        try:
            for opening in self._programme.openings:
                await self._until_over(opening, acting)
            await acting
        finally:
            acting.cancel()
            with suppress(asyncio.CancelledError):
                await acting

    async def _until_over(self, opening: Opening, acting: asyncio.Task[None]) -> None:
        mine = [asked for asked in self._asked if asked.opening is opening]
        deadline_s = self._opens_s(opening) + _PATIENCE_S
        while not all(asked.is_over for asked in mine) and self._clock.monotonic_s() < deadline_s:
            if acting.done():
                acting.result()
            await self._clock.sleep_until(self._opens_s(opening) - SHORTEST_GAP_S)
            await self._look([asked for asked in mine if not asked.is_over])
            await asyncio.sleep(max(_LOOK_EVERY_S, len(mine) / _LOOKS_PER_S))
        self._say(over(self._clock.now(), opening, [asked.told.state for asked in mine]))

    async def _look(self, pending: list[_Asked]) -> None:
        await at_once(pending, self._look_at)
        for asked in pending:
            is_full = asked.opening.kind is Kind.GIVEN_BACK and asked.told.state is State.WAITING
            if is_full and asked.session.key not in self._freed:
                self._freed.add(asked.session.key)
                await self._company.desk.free_place(asked.session)

    async def _look_at(self, asked: _Asked) -> None:
        # Who cannot be asked just now is asked again soon.
        with suppress(Transient):
            told = await asked.guest.asks.bookings()
            asked.told = next((one for one in told if one.id == asked.told.id), asked.told)
            series = asked.told.series_id
            later = (one for one in told if series and one.series_id == series and one.id != asked.told.id)
            asked.next_week = next((one.state for one in later), asked.next_week)

    async def _act(self) -> None:
        for act in self._programme.acts():
            await self._clock.sleep_until(self._begins_s + act.at_s)
            await self._do(act)

    async def _do(self, act: Act) -> None:
        desk = self._company.desk
        mine = [asked for asked in self._asked if asked.opening is act.opening]
        match act.deed:
            case Deed.OPEN_LATE:
                await desk.turn({"opening_late_s": LATE_BY_S})
            case Deed.BE_BUSY:
                await desk.turn(_BUSY)
            case Deed.REFUSE_AT_FIRST:
                await desk.turn({"faults": [_refusal(asked.guest.club_member_id) for asked in mine]})
            case Deed.BE_USUAL:
                await self._note_openings(act.opening)
                names = ("opening_late_s", "workers", "service_before_ms", "rush", "faults")
                await desk.turn({name: self._usual[name] for name in names})
            case Deed.CANCEL:
                for asked in mine:
                    if asked.planned.twist is Twist.CANCELLED:
                        await asked.guest.asks.cancel(asked.told.id)

    async def _note_openings(self, opening: Opening) -> None:
        """When its sessions opened, as long as the club's rules of then hold."""
        for key in {asked.session.key for asked in self._asked if asked.opening is opening}:
            self._opens_ns[key] = (await self._record(self._sessions[key])).opens_ns

    # --- afterwards ----------------------------------------------------------------------------------------------

    async def _record(self, session: PracticeSession) -> SessionRecord:
        return SessionRecord.model_validate(await self._company.desk.session_report(session))

    async def _known(self, before: dict[str, Any]) -> Evening:
        wishes = await at_once(self._asked, self._wish)
        records = await at_once(self._sessions.values(), self._record)
        after = await self._company.desk.counts()
        ids = {wish.club_member_id for wish in wishes}
        return Evening(
            wishes=tuple(wishes),
            sessions={record.key: record for record in records},
            opens_ns={record.key: record.opens_ns for record in records} | self._opens_ns,
            requests={one: _count(after, one) - _count(before, one) for one in ids},
            requests_total=after["totals"]["requests"] - before["totals"]["requests"],
        )

    async def _wish(self, asked: _Asked) -> Wish:
        told = await asked.guest.asks.booking(asked.told.id)
        return Wish(
            opening=asked.opening,
            session=asked.session.key,
            club_member_id=asked.guest.club_member_id,
            ends=asked.planned.ends,
            twist=asked.planned.twist,
            told=told,
            prepared_s=asked.prepared_s,
            next_week=asked.next_week,
        )


def _refusal(member_id: int) -> dict[str, Any]:
    return {
        "kind": "unavailable",
        "action": "sign_up",
        "member_id": member_id,
        "times": _REFUSED_TIMES,
        "retry_after_s": _REFUSED_FOR_S,
    }


def _count(report: dict[str, Any], member_id: int) -> int:
    return int(report["logins"].get(str(member_id), {}).get("requests", 0))
