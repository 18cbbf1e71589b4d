"""A rehearsal: a practice member books a practice session that opens soon, and all of it is watched."""

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from pydantic import SecretStr

from autotennis.adapters.system import SystemClock, SystemIds
from autotennis.domain.booking import Booking, State
from autotennis.errors import Transient
from autotennis.events import Event
from autotennis.ports import EventFeed, Store
from autotennis_local.patience import PATIENCE_S, comes_about
from autotennis_local.practice import PracticeDesk, PracticeSession
from autotennis_local.system import LocalSystem
from autotennis_local.telling import line_of
from autotennis_local.visitor import Person, visiting

EMAIL: Final = "kari.ovesen@practice.example"
NAME: Final = "Kari Øvesen"
_PIN: Final = SecretStr("4711")
# Nothing more is to be expected of a booking in one of these.
ENDED: Final = frozenset({State.BOOKED, State.FAILED, State.CANCELLED})
_LOOK_EVERY_S: Final = 0.05
_FEED_LAG_S: Final = 5.0
_ENDS: Final = frozenset({"Booked", "Failed", "BookingCancelled"})


@dataclass(frozen=True, slots=True)
class Result:
    """What came of it.

    `first_accept_ms` is when the club gave the place, in ms after the opening, by the club's own record (null: never);
    `requests_at_opening` counts its sign-up requests, `requests_total` everything that reached the club;
    `clock_offset_error_ms` is how far off the measurement of the club's clock was; `events` are the kinds in order.
    """

    state: str
    first_accept_ms: float | None
    requests_at_opening: int
    requests_total: int
    clock_offset_error_ms: float | None
    events: list[str]

    def as_json(self) -> dict[str, Any]:
        """The result as a JSON object."""
        return asdict(self)

    @property
    def is_proven(self) -> bool:
        """Whether we say that the member is booked, and tell it, and the club says so too."""
        return self.state == State.BOOKED and self.first_accept_ms is not None and "Booked" in self.events


def person(ids: SystemIds) -> Person:
    """The practice member, with a password for Autotennis that nobody else knows."""
    return Person(EMAIL, _PIN, SecretStr(ids.new()))


class Watcher:
    """Tells each event as it happens."""

    def __init__(self, feed: EventFeed, say: Callable[[str], None]) -> None:
        self._feed = feed
        self._say = say
        self._looking = asyncio.Lock()
        self.kinds: list[str] = []

    async def run(self) -> None:
        """Looks on until it is cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(_LOOK_EVERY_S)

    async def _news(self) -> Sequence[Event]:
        try:
            return await asyncio.to_thread(self._feed.new)
        except Transient:
            return ()  # what carries the events is away: nothing can be told of it now

    async def told_the_end(self, *kinds: str) -> None:
        """Returns once the end of a booking was told, or one of `kinds`: a feed may be behind what it feeds on."""
        clock = SystemClock()
        deadline_s = clock.monotonic_s() + _FEED_LAG_S
        while not frozenset(kinds or _ENDS).intersection(self.kinds) and clock.monotonic_s() < deadline_s:
            await self.look()
            await asyncio.sleep(_LOOK_EVERY_S)

    async def look(self) -> None:
        """Tells what has been published since the last look."""
        async with self._looking:
            for event in await self._news():
                if event.kind != "SweepDue":
                    self.kinds.append(event.kind)
                    self._say(line_of(event, event.at.astimezone()))


async def rehearsed(
    system: LocalSystem, desk: PracticeDesk, store: Store, watcher: Watcher, who: Person, opens_in_s: float
) -> Result:
    """Makes a member and a session at the practice club, books it through the web pages, and waits for the end.

    Raises NotOver, PageRefused.
    """
    await desk.add_member(who.email, NAME, who.pin)
    async with visiting(system.api_url) as visitor:
        await visitor.let_in(who)
        session = await desk.add_session(opens_in_s)
        await desk.clear_record()
        booking_id = await visitor.book(session.link)
    booking = await settled(store, booking_id, ENDED, opens_in_s + PATIENCE_S)
    await watcher.told_the_end()
    return await _result(desk, session, booking, watcher.kinds)


async def settled(store: Store, booking_id: str, states: Collection[State], within_s: float) -> Booking:
    """The booking, once it is in one of these states and all that is to be told of it is published. Raises NotOver."""

    async def found() -> Booking | None:
        booking = await asyncio.to_thread(store.booking, booking_id)
        if booking.state not in states or await asyncio.to_thread(store.unpublished, booking_id):
            return None
        return booking

    wanted = " or ".join(sorted(state.value for state in states))
    return await comes_about(found, f"booking {booking_id} is {wanted}", within_s)


async def _result(desk: PracticeDesk, session: PracticeSession, booking: Booking, kinds: list[str]) -> Result:
    report = await desk.session_report(session)
    accepted = [change["after_opening_ms"] for change in report["accepted"] if not change["by_rival"]]
    error_ms = booking.clock and round(abs(booking.clock.offset_ms - await desk.clock_offset_ms()), 3)
    return Result(
        state=booking.state.value,
        first_accept_ms=min(accepted, default=None),
        requests_at_opening=len(report["sign_ups"]["arrived_ms"]),
        requests_total=await desk.requests_total(),
        clock_offset_error_ms=error_ms,
        events=kinds,
    )
