"""Members who wait for a freed place: a booking desk with a waitlist that is pushed to."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from support.booking_desk import CLUB_ID, EAGER, Desk, booking_desk

from autotennis.adapters.local.wake import LocalWakeScheduler
from autotennis.domain.booking import Booking, Budget, Outcome
from autotennis.domain.club import WatchRules
from autotennis.domain.member import Member
from autotennis.domain.session import starts_at
from autotennis.events import Event, SessionFull, WatchDue
from autotennis.flow import Service
from autotennis.ports import Ports
from autotennis.serving import listening, service_app
from autotennis.stopping import Stopping
from autotennis.values import WaitingWish
from autotennis_waitlist.handlers import Waitlist
from practice_club.session import Session as ClubSession

# One look for each WatchDue, and that at once.
WATCH = WatchRules(every_s=60)
_NOTHING = Budget(requests=0, sign_ups=0)


@dataclass
class Line:
    """A desk, and the address of the waitlist."""

    desk: Desk
    url: str

    def full(self, **more: int) -> ClubSession:
        """A full session that opened an hour ago."""
        return self.desk.session(**{"opens_in_s": -3600, "capacity": 4, "taken": 4, **more})

    def joins(
        self, session: ClubSession, member: Member | None = None, wish: WaitingWish = EAGER, **more: Any
    ) -> Booking:
        """A member comes into the line, as the booker puts them there; `more` is wished for, too."""
        desk = self.desk
        booking = desk.booking(member or desk.member()[0], session, wish, **more)
        now, store = desk.ports.clock.now(), desk.ports.store
        store.change(booking.id, lambda it: it.claimed("booker", desk.rules.race, now))
        until = starts_at(booking.session, desk.rules.zone)
        return store.change(booking.id, lambda it: it.found_full(until, _NOTHING, Outcome(), now))

    async def tell_full(self, booking: Booking) -> int:
        """Delivers the booking's SessionFull to the waitlist; gives the status of its answer."""
        about = booking.about(self.desk.ports.clock.now())
        return await self.desk.push(SessionFull(**about), self.url)

    async def deliver(self, kind: type[Event]) -> None:
        """Delivers all events of this kind that were published so far to the waitlist, again if it had them before."""
        for event in [one for one in self.desk.told() if isinstance(one, kind)]:
            assert await self.desk.push(event, self.url) == 204

    async def watch_due(self, *, url: str = "") -> int:
        """Delivers WatchDue."""
        due = WatchDue(at=self.desk.ports.clock.now(), club_id=CLUB_ID)
        return await self.desk.push(due, url or self.url)

    async def looked(self) -> None:
        """A minute passes, and the waitlist looks."""
        self.later(timedelta(seconds=60))
        assert await self.watch_due() == 204

    def later(self, by: timedelta) -> None:
        """Time passes at once, for us and for the club."""
        self.desk.later(by)

    def now(self, booking: Booking) -> Booking:
        """The booking as it is now."""
        return self.desk.ports.store.booking(booking.id)

    def asked(self, *actions: str) -> int:
        """How often the club was asked for these."""
        return sum(self.desk.asked(action) for action in actions)

    def watched(self) -> Sequence[str]:
        """The clubs that are watched each minute."""
        wake = self.desk.ports.wake
        assert isinstance(wake, LocalWakeScheduler)
        return wake.watched()


@asynccontextmanager
async def waiting_line(directory: Path, now: datetime | None = None, watch: WatchRules = WATCH) -> AsyncGenerator[Line]:
    """A line that nobody stands in yet."""
    async with booking_desk(directory, now=now, watch=watch) as desk, another_waitlist(desk.ports) as url:
        yield Line(desk, url)


@asynccontextmanager
async def another_waitlist(ports: Ports, holder: str = "waitlist") -> AsyncGenerator[str]:
    """A waitlist that knows nothing of what others did; gives its address."""
    stopping = Stopping()
    app = service_app(Service.WAITLIST, Waitlist(ports, holder, stopping).handlers(), ports, stopping=stopping)
    async with listening(app, "127.0.0.1", 0) as url:
        yield url
