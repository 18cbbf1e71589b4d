"""Bookings to race for: a practice club over real sockets, the embedded adapters, and a booker that is pushed to."""

import ssl
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
from pydantic import HttpUrl, SecretStr
from support.fault_proxy import NONE, FaultProxy, Faults, fault_proxy
from support.ntnui_links import session_at

from autotennis.adapters.clubs.limits import Limits
from autotennis.adapters.clubs.registry import open_club
from autotennis.adapters.local.door import SecretDoor
from autotennis.adapters.local.family import LocalFamily, open_local
from autotennis.adapters.system import SystemClock, SystemIds
from autotennis.domain.booking import Booking, Wish, requested
from autotennis.domain.club import ClubRules, OpeningRule, RaceRules
from autotennis.domain.member import Credentials, Member
from autotennis.domain.opening import opening_of
from autotennis.events import Event, RaceDue, dump
from autotennis.flow import Service
from autotennis.member_secrets import keep_credentials
from autotennis.ports import Ports
from autotennis.push import seal_envelope
from autotennis.serving import listening, service_app
from autotennis.stopping import Stopping
from autotennis.values import Action, Attempt, WaitingWish
from autotennis_booker.handlers import Booker
from autotennis_booker.pulse import Rhythm
from practice_club.club import PracticeClub
from practice_club.knobs import Fault, FaultKind, Knobs
from practice_club.orders import NewMember, NewSession
from practice_club.people import Member as ClubMember
from practice_club.server import running_club
from practice_club.session import Session as ClubSession

CLUB_ID = "practice"
PIN = "4711"
PUSH_SECRET = SecretStr("a secret of the bus")
# Lives pass quickly here, so that nobody waits long for a death.
QUICK_PULSE = Rhythm(beat_s=0.2, life_s=1.0)
# Short, so that a club that stays closed does not hold up the tests.
RACE = RaceRules(give_up_s=4.0, prove_s=2.0)
EAGER = WaitingWish()
# In how many ways an answer may be spoilt although the club has done what was asked.
SPOILT = (
    FaultKind.RESET,
    FaultKind.TRUNCATED,
    FaultKind.SERVER_ERROR,
    FaultKind.MOVED,
    FaultKind.LOGIN_PAGE,
    FaultKind.OTHER_LETTERS,
)


class ShiftedClock(SystemClock):
    """The machine's clock, moved to another date; it runs on from there."""

    def __init__(self, shift: timedelta = timedelta(0)) -> None:
        self._shift = shift

    def advance(self, by: timedelta) -> None:
        """Later, at once."""
        self._shift += by

    def now(self) -> datetime:
        """The instant, as it is on that date."""
        return super().now() + self._shift


@dataclass
class Desk:
    """What a test needs to make bookings and to race for them."""

    club: PracticeClub
    family: LocalFamily
    ports: Ports
    rules: ClubRules
    url: str
    http: aiohttp.ClientSession
    directory: Path
    # What stands between us and the club.
    proxy: FaultProxy | None = None
    ids: SystemIds = field(default_factory=SystemIds)

    def member(self, name: str = "Åshild Nøkkvang", *, pin: str = PIN, known: bool = True) -> tuple[Member, ClubMember]:
        """A member of the club with an account of ours; `known` tells whether we know the member's id at the club."""
        email = f"{self.ids.new()}@example.org"
        at_club = self.club.add_member(NewMember(email=email, pin=SecretStr(PIN), name=name))
        member = Member(
            id=self.ids.new(),
            email=email,
            password_hash="unused",
            created_at=self.ports.clock.now(),
            club_member_ids={CLUB_ID: at_club.id} if known else {},
        )
        self.ports.store.add_member(member)
        keep_credentials(self.ports.vault, member.id, CLUB_ID, Credentials(email=email, password=SecretStr(pin)))
        return member, at_club

    def session(self, opens_in_s: float | None = 2.5, **more: Any) -> ClubSession:
        """A session at the club."""
        return self.club.add_session(NewSession(opens_in_s=opens_in_s, **more))

    def wished(self, member: Member, session: ClubSession, waiting: WaitingWish = EAGER, **more: Any) -> Booking:
        """The member's booking of the session, asked for and not told to anybody yet; `more` is wished for, too."""
        wanted = session_at(self.rules, self.club.link(session))
        wish = Wish(
            member_id=member.id,
            club_id=CLUB_ID,
            session=wanted,
            opening_at=opening_of(wanted, self.rules),
            waiting=waiting,
            **more,
        )
        change = requested(self.ids.new(), wish, self.ports.clock.now())
        self.ports.store.create(change)
        return change[0]

    def booking(self, member: Member, session: ClubSession, waiting: WaitingWish = EAGER, **more: Any) -> Booking:
        """The same, scheduled."""
        wished, now = self.wished(member, session, waiting, **more), self.ports.clock.now()
        return self.ports.store.change(wished.id, lambda found: found.wake_planned(now))

    def later(self, by: timedelta) -> None:
        """Time passes at once, for us and for the club."""
        clock = self.ports.clock
        assert isinstance(clock, ShiftedClock)
        clock.advance(by)
        self.club.step_clock(by.total_seconds() * 1000)

    async def race(self, *bookings: Booking, url: str = "") -> int:
        """Pushes the bookings' RaceDue to the booker (another one at `url`); gives the status of its answer."""
        first = bookings[0]
        event = RaceDue(
            at=self.ports.clock.now(),
            club_id=CLUB_ID,
            opening_at=first.opening_at,
            booking_ids=tuple(booking.id for booking in bookings),
        )
        return await self.push(event, url)

    async def push(self, event: Event, url: str = "") -> int:
        """Delivers an event as the bus does, to the booker or to another service at `url`."""
        headers = {"Authorization": f"Bearer {PUSH_SECRET.get_secret_value()}"}
        body = seal_envelope(dump(event), "1", "test", 1, "")
        async with self.http.post(f"{url or self.url}/events", data=body, headers=headers) as response:
            return response.status

    async def raced(self, booking: Booking) -> Booking:
        """The booking after its race."""
        status = await self.race(booking)
        assert status == 204, status
        return self.ports.store.booking(booking.id)

    def report(self, session: ClubSession) -> dict[str, Any]:
        """What the club's own record says of a session."""
        return self.club.session_report(session)

    def asked(self, action: str) -> int:
        """How often the club was asked that, by anybody."""
        return sum(request["action"] == action for request in self.club.report()["requests"])

    def told(self) -> list[Event]:
        """The facts that were published, in order."""
        bus = self.ports.bus
        assert hasattr(bus, "events_since")
        return [event for _, event in bus.events_since(0)]  # type: ignore[attr-defined]


def fault(kind: FaultKind, **more: Any) -> Fault:
    """A fault of the club's of this kind; who is sent elsewhere finds nobody there."""
    where = {"location": "http://127.0.0.2:9/portal"} if kind is FaultKind.MOVED else {}
    return Fault.model_validate({"kind": kind, **where, **more})


def sign_ups(booking: Booking) -> list[Attempt]:
    """The booking's attempts to be signed up."""
    return [attempt for attempt in booking.timeline if attempt.action is Action.SIGN_UP]


@dataclass(frozen=True, slots=True)
class Way:
    """How one gets to the club: through a proxy with these faults, which speaks TLS if it is told so."""

    faults: Faults = NONE
    tls: ssl.SSLContext | None = None
    # How patient our client is there.
    limits: Limits | None = None


@asynccontextmanager
async def booking_desk(
    directory: Path, knobs: Knobs | None = None, *, race: RaceRules = RACE, now: datetime | None = None, **more: Any
) -> AsyncGenerator[Desk]:
    """A desk with an empty club; `now` moves us and the club to another date. `more` is said of the club's rules, and
    `way` is how one gets there.
    """
    async with desk_alone(directory, clock_at(now), knobs, race=race, **more) as desk:
        if now is not None:
            desk.club.set_clock(now)
        async with restarted_booker(desk.ports) as desk.url:
            yield desk


def clock_at(now: datetime | None) -> ShiftedClock:
    """The machine's clock, or one that begins at that instant."""
    return ShiftedClock() if now is None else ShiftedClock(now - SystemClock().now())


@asynccontextmanager
async def desk_alone(
    directory: Path, clock: ShiftedClock, knobs: Knobs | None = None, *, way: Way | None = None, **more: Any
) -> AsyncGenerator[Desk]:
    """A desk by this clock, without a booker: that one's address is still to be told."""
    async with running_club(empty=True, knobs=knobs) as club, AsyncExitStack() as stack:
        proxy = await stack.enter_async_context(fault_proxy(club.base_url, way.faults, way.tls)) if way else None
        club.base_url = proxy.address if proxy else club.base_url
        address = HttpUrl(club.base_url + "/")
        rules = ClubRules(id=CLUB_ID, name="Practice Club", base_url=address, opening=OpeningRule(), **more)
        with open_local(directory, clock) as family:
            clubs = {CLUB_ID: open_club(rules, "Autotennis/test", clock, way.limits if way else None)}
            ports = Ports(
                family.store, family.bus, family.wake, family.vault, clock, SystemIds(), clubs, SecretDoor(PUSH_SECRET)
            )
            async with aiohttp.ClientSession() as http:
                yield Desk(club, family, ports, rules, "", http, directory, proxy)


@asynccontextmanager
async def restarted_booker(
    ports: Ports, holder: str = "booker", rhythm: Rhythm = QUICK_PULSE, stopping: Stopping | None = None
) -> AsyncGenerator[str]:
    """A booker that knows nothing of what it did before; gives its address."""
    stopping = stopping or Stopping()
    booker = Booker(ports, holder, rhythm, stopping=stopping)
    app = service_app(Service.BOOKER, booker.handlers(), ports, stopping=stopping)
    async with listening(app, "127.0.0.1", 0) as url:
        yield url
