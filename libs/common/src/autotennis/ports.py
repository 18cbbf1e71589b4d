"""What the services need from outside, in the domain's words. Each promise holds for every adapter."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol
from urllib.parse import SplitResult

from pydantic import Field, SecretStr

from autotennis.domain.audit import Deed
from autotennis.domain.booking import Booking, Change
from autotennis.domain.club import ClubRules
from autotennis.domain.club_health import LookedThrough
from autotennis.domain.experience import Experience
from autotennis.domain.group import Group
from autotennis.domain.invitation import Invitation
from autotennis.domain.member import Credentials, Member
from autotennis.domain.message import Message
from autotennis.domain.pause import Pauses
from autotennis.domain.series import Series
from autotennis.events import Event, OpeningDue
from autotennis.flow import Service
from autotennis.metrics import Metrics
from autotennis.values import Action, Activity, Instant, Lesson, Pointer, Session, Value, Verdict


class Clock(Protocol):
    """Our machine's time."""

    def now(self) -> datetime:
        """The instant, in UTC."""
        ...

    def monotonic_s(self) -> float:
        """Seconds on a clock that never steps; only differences mean anything."""
        ...

    async def sleep_until(self, monotonic_s: float) -> None:
        """Returns at that reading of `monotonic_s`, as closely as the machine can; at once if it has passed."""
        ...


class Ids(Protocol):
    """New identities."""

    def new(self) -> str:
        """An id that nobody ever had and nobody can guess."""
        ...


class EventBus(Protocol):
    """Carries facts to the services that consume them."""

    def publish(self, event: Event) -> None:
        """Once this returns, the event reaches each consumer at least once, or its dead letters."""
        ...


class EventFeed(Protocol):
    """Lets somebody look on: what is published from the feed's opening on."""

    def new(self) -> Sequence[Event]:
        """What was published since this was last asked, as nearly as possible in order."""
        ...


class DeadLetter(Value):
    """A delivery that was given up: which event, to whom, after how many tries, and why."""

    id: str
    kind: str
    consumer: str
    attempts: int
    reason: str
    at: Instant


class DeadLetters(Protocol):
    """Deliveries that were given up, kept until somebody replays them."""

    def dead_letters(self, limit: int = 100) -> Sequence[DeadLetter]:
        """The given-up deliveries, newest first."""
        ...

    def replay(self, letter_id: str) -> None:
        """Delivers it again from the first attempt. Raises NotFound."""
        ...


class Queue(Value):
    """So many deliveries wait for a service; the oldest of them was published at `oldest_at`."""

    consumer: Service
    waiting: int
    oldest_at: Instant | None = None


class Queues(Protocol):
    """How much waits to be delivered."""

    def queues(self, limit: int = 1000) -> Sequence[Queue] | None:
        """For each consumer, counted up to the limit; None where that cannot be told cheaply."""
        ...


class Bus(EventBus, DeadLetters, Queues, Protocol):
    """All that a family's bus does for services and operators."""


class Refusals(Protocol):
    """Where a service notes why it refused a delivery, for a bus that hears only that it did."""

    def note(self, consumer: Service, data: bytes, reason: str) -> None:
        """Remembers the reason for a while; the dead letter of a message with this `data` shows it."""
        ...


class Door(Protocol):
    """Knows who may push events."""

    def admits(self, authorization: str) -> bool:
        """Whether this Authorization header is of the bus. It may have to ask over the network."""
        ...


class Tally(Value):
    """So many were counted, and until when that is remembered."""

    count: int
    until: Instant


class OpeningCount(Value):
    """An opening with bookings that are not over, `in_flight` of which are being raced for."""

    club_id: str
    opening_at: Instant
    bookings: int
    in_flight: int


class PlaceInLine(Value):
    """The `number`-th of `all` who wait for a session; the first one's number is 1."""

    number: int
    all: int


class Note(Value):
    """Something that is remembered until then."""

    text: str = Field(max_length=100_000, repr=False)
    until: Instant


class Store(Protocol):
    """Keeps members, bookings and the facts still to be published."""

    def add_member(self, member: Member) -> None:
        """Adds an account. Raises EmailTaken, whatever the capitals of the address."""
        ...

    def add_first_member(self, member: Member) -> bool:
        """Adds an account if there is none at all, and tells whether it did: of two at once one is the first."""
        ...

    def has_members(self) -> bool:
        """Whether there is any account."""
        ...

    def forget_member(self, member_id: str, now: datetime) -> None:
        """Deletes the account and all that is kept of it but for the vault; others' records name it no more.

        If it was stopped on the way, the account is there still, and doing it again finishes. Harmless when there is
        nothing (any more).
        """
        ...

    def operators(self, limit: int = 100) -> Sequence[Member]:
        """The accounts that may look after the installation, the oldest first."""
        ...

    def add_invitation(self, invitation: Invitation) -> None:
        """Adds an invitation. Adding the same one again is harmless."""
        ...

    def invitation(self, invitation_id: str) -> Invitation:
        """The invitation. Raises NotFound."""
        ...

    def invitations(self, limit: int = 100) -> Sequence[Invitation]:
        """All invitations, the newest first."""
        ...

    def change_invitation(self, invitation_id: str, fn: Callable[[Invitation], Invitation]) -> Invitation:
        """Commits `fn(invitation)` unless it changed meanwhile; then runs the pure `fn` again. Raises NotFound."""
        ...

    def member(self, member_id: str) -> Member:
        """The account. Raises NotFound."""
        ...

    def member_by_email(self, email: str) -> Member | None:
        """The account with this address, whatever its capitals."""
        ...

    def change_member(self, member_id: str, fn: Callable[[Member], Member]) -> Member:
        """Commits `fn(member)` unless the account changed meanwhile; then runs the pure `fn` again. Raises NotFound."""
        ...

    def create(self, change: Change) -> None:
        """Commits a new booking and its facts together. Raises DuplicateBooking if the member has a live one."""
        ...

    def booking(self, booking_id: str) -> Booking:
        """The booking. Raises NotFound."""
        ...

    def bookings_of(self, member_id: str, limit: int = 100) -> Sequence[Booking]:
        """The member's bookings, latest session first."""
        ...

    def change(self, booking_id: str, fn: Callable[[Booking], Change]) -> Booking:
        """Commits the booking and the facts of `fn(booking)` together, unless the booking changed meanwhile.

        If it did, the pure `fn` runs again on the newer one. What `fn` raises leaves everything as it was and comes
        out of here. Raises NotFound, StoreBusy.
        """
        ...

    def due(self, club_id: str, opening_at: datetime, now: datetime, limit: int = 10_000) -> Sequence[str]:
        """Ids of the bookings of this opening that wait for a booker: scheduled, or left by one whose claim ran out.

        First come, first listed.
        """
        ...

    def missed(self, opens_before: datetime, now: datetime, limit: int = 100) -> Sequence[OpeningDue]:
        """Openings before `opens_before` with bookings that (at `now`) wait for a booker as in `due`, oldest first."""
        ...

    def in_line(self, club_id: str, limit: int = 10_000) -> Sequence[Booking]:
        """The club's bookings that look for a freed place: those that wait, and those that would take one early.

        Who is in the line longest comes first.
        """
        ...

    def place_in_line(self, booking: Booking) -> PlaceInLine | None:
        """Where it stands among those who wait for its session; None if it does not wait (any more)."""
        ...

    def checks_due(self, before: datetime, limit: int = 1000) -> Sequence[Booking]:
        """The bookings that are to be checked before that instant, the earliest first."""
        ...

    def bound(self, bond_id: str, limit: int = 100) -> Sequence[Booking]:
        """The bookings that are bound to each other, the first in their order first."""
        ...

    def add_group(self, group: Group) -> None:
        """Adds a group. Adding the same one again is harmless."""
        ...

    def group(self, group_id: str) -> Group:
        """The group. Raises NotFound."""
        ...

    def groups_of(self, member_id: str, limit: int = 100) -> Sequence[Group]:
        """The groups that the member is in, the oldest first."""
        ...

    def change_group(self, group_id: str, fn: Callable[[Group], Group]) -> Group:
        """Commits `fn(group)` unless it changed meanwhile; then runs the pure `fn` again. Raises NotFound."""
        ...

    def add_series(self, series: Series) -> None:
        """Adds a series. Adding the same one again is harmless."""
        ...

    def series(self, series_id: str) -> Series:
        """The series. Raises NotFound."""
        ...

    def series_of(self, member_id: str, limit: int = 100) -> Sequence[Series]:
        """The member's series, the newest first."""
        ...

    def change_series(self, series_id: str, fn: Callable[[Series], Series]) -> Series:
        """Commits `fn(series)` unless it changed meanwhile; then runs the pure `fn` again. Raises NotFound."""
        ...

    def series_due(self, before: datetime, limit: int = 1000) -> Sequence[Series]:
        """The active series whose `plan_at` is before that, the earliest first."""
        ...

    def unscheduled(self, created_before: datetime, limit: int = 100) -> Sequence[str]:
        """Ids of bookings that were asked for before that instant and not scheduled since, oldest first."""
        ...

    def unpublished(self, booking_id: str | None = None, limit: int = 100) -> Sequence[Event]:
        """Facts that were committed and not struck off, oldest first: of one booking, or of all."""
        ...

    def strike_off(self, event: Event) -> None:
        """Forgets a fact that was published. Harmless when it is forgotten already."""
        ...

    def has_open(self) -> bool:
        """Whether a sweep may have anything to do: a booking before its end, an unpublished fact, an untold message."""
        ...

    def add_messages(self, messages: Sequence[Message]) -> None:
        """Adds those that are not there. Adding one again is harmless, however far it has come meanwhile."""
        ...

    def message(self, message_id: str) -> Message:
        """The message. Raises NotFound."""
        ...

    def change_message(self, message_id: str, fn: Callable[[Message], Message]) -> Message:
        """Commits `fn(message)` unless it changed meanwhile; then runs the pure `fn` again. Raises NotFound."""
        ...

    def messages_due(self, now: datetime, limit: int = 500, channel_id: str | None = None) -> Sequence[Message]:
        """The waiting messages whose time has come, the earliest first: of one channel, or of all."""
        ...

    def messages_of(self, member_id: str, limit: int = 100) -> Sequence[Message]:
        """The member's messages, the newest first. Those that were settled long ago may be forgotten."""
        ...

    def dead_messages(self, limit: int = 100) -> Sequence[Message]:
        """Everybody's messages that were given up, the newest first."""
        ...

    def keep_alive(self, holder: str, until: datetime) -> None:
        """Notes that this instance lives at least until then, in place of what it said before."""
        ...

    def alive_until(self, holder: str) -> datetime | None:
        """Until when the instance said that it lives; None if it never did, or so long ago that it is forgotten."""
        ...

    def tally(self, key: str, now: datetime, lasts: timedelta) -> Tally:
        """Counts one more under this key; the count lasts for that long from the first one on, and then begins anew."""
        ...

    def forget_tally(self, key: str) -> None:
        """Begins to count afresh under this key."""
        ...

    def note_once(self, key: str, note: Note, now: datetime) -> Note:
        """Keeps the note under this key unless one is kept there until after `now`; gives the one that is kept then."""
        ...

    def note_anew(self, key: str, note: Note) -> None:
        """Keeps the note under this key in place of whatever was there."""
        ...

    def note(self, key: str, now: datetime) -> Note | None:
        """The note that is kept under this key until after `now`."""
        ...

    def forget_note(self, key: str) -> None:
        """Keeps nothing under this key."""
        ...

    def experience(self, club_id: str) -> Experience:
        """What past openings of the club taught; empty if there were none."""
        ...

    def pauses(self) -> Pauses:
        """The pauses that are in force. One reading, however many there are."""
        ...

    def change_pauses(self, fn: Callable[[Pauses], Pauses]) -> Pauses:
        """Commits `fn(pauses)` unless they changed meanwhile; then runs the pure `fn` again."""
        ...

    def write_down(self, deed: Deed) -> None:
        """Keeps what an operator did. Writing the same down again is harmless."""
        ...

    def deeds(self, before: datetime, limit: int = 50) -> Sequence[Deed]:
        """What operators did before that instant, the newest first."""
        ...

    def opened(self, since: datetime, until: datetime, limit: int = 500) -> Sequence[Booking]:
        """The bookings whose opening lies between the two (the second not included), the latest opening first."""
        ...

    def openings(self, since: datetime, until: datetime, now: datetime, limit: int = 2000) -> Sequence[OpeningCount]:
        """The openings between the two (the second not included), the earliest first.

        Bookings are counted up to the limit in all.
        """
        ...

    def teach(self, club_id: str, lesson: Lesson) -> Experience:
        """Adds a lesson to the club's experience, whoever adds one at the same moment; gives what is known then."""
        ...


class WakeScheduler(Protocol):
    """Wakes the timer before an opening, and publishes what is due again and again."""

    def wake(self, event: OpeningDue, at: datetime) -> None:
        """Publishes the event at or before the minute of `at`, at least once; at once if that has passed.

        Asking again for the same opening is harmless: the earlier of two times counts.
        """
        ...

    def woken(self, event: OpeningDue) -> None:
        """The wake-up of this opening came and was acted on: nothing of it needs to be kept."""
        ...

    def sweep(self, wanted: bool) -> None:
        """While wanted, SweepDue is published every few minutes; when it is not wanted any more, it may stop."""
        ...

    def watch(self, club_id: str, wanted: bool) -> None:
        """While wanted, WatchDue is published for the club each minute; otherwise not at all."""
        ...


class Vault(Protocol):
    """Keeps members' secrets sealed: what lies on disk is of no use without the key, nor under another member's id."""

    def put(self, member_id: str, name: str, secret: SecretStr) -> None:
        """Seals a secret under the member's id and a name, in place of an earlier one."""
        ...

    def get(self, member_id: str, name: str) -> SecretStr | None:
        """The secret, or None. Raises VaultLocked if it cannot be opened."""
        ...

    def discard(self, member_id: str, name: str) -> None:
        """Destroys one secret. Harmless when there is none."""
        ...

    def forget(self, member_id: str) -> None:
        """Destroys all secrets of a member."""
        ...

    def rotate(self) -> int:
        """Seals everything under a new key while others go on; gives how many secrets that were. Raises VaultLocked."""
        ...


class SessionPage(Value):
    """What a session's page says, to whoever is logged in.

    `club_member_id` is the member's own id at the club if an action link showed it; `door_code` reaches only the
    member. `place`, `court` and `level` are the page's own words, empty where it has none, and `activity` is what those
    say is played. `way_in` is the action that
    takes a place now: `sign_up`, or `confirm` for a regular player whose fixed place it is; None if there is none.
    `way_out` is the one that gives the member's place back: `withdraw`, or `decline` for a regular player.
    `confirms_in_s` is the page's own countdown, in seconds (whole minutes), until regular players may confirm their
    fixed places; None where it has none (any more).
    """

    verdict: Verdict
    club_member_id: int | None = None
    place: str = ""
    court: str = ""
    level: str = ""
    activity: Activity | None = None
    date_text: str = ""
    door_code: SecretStr | None = None
    way_in: Action | None = None
    way_out: Action | None = None
    confirms_in_s: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """The club's answer to one request.

    `sent_s` and `received_s` are readings of `Clock.monotonic_s`: when the request was handed to the network and when
    the answer's head was there. `date` is the club's own stamp (UTC, whole seconds), None if it gave none.
    `second_hand` tells that a cache between us and the club says that it gave this answer (an Age header, a cache hit):
    its date is none of the club's clock. A request without an answer has the verdict `no_answer` or `busy` in its page.
    """

    page: SessionPage
    sent_s: float
    received_s: float
    status: int | None = None
    date: datetime | None = None
    second_hand: bool = False

    @property
    def verdict(self) -> Verdict:
        """What the answer says."""
        return self.page.verdict


class FreePlaces(Value):
    """Which sessions have a place that can be taken now, and which are `shown` at all: of others nothing is told."""

    free: frozenset[Session]
    shown: frozenset[Session]


class TimetableEntry(Value):
    """One cell of the club's timetable. `free` means that a place can be taken now; `taken` of `places` are reserved.

    A session that is not free is full or not open yet: NTNUI's timetable does not tell which (seen on pages of 2017).
    `opens_at` is the opening (UTC) where the timetable tells it exactly.
    """

    session: Session
    level: str
    free: bool
    taken: int | None = None
    places: int | None = None
    opens_at: Instant | None = None


class PreparedRequest(Protocol):
    """A sign-up made ready beforehand: its bytes are made and its connections are open, so that sending only writes."""

    async def warm(self, connections: int) -> None:
        """Has that many connections open and idle, without a request, and takes the login of this moment.

        Those that cannot be opened are left out.
        """
        ...

    def send(self) -> Awaitable[Answer]:
        """Writes the request before it returns, on a connection that is open and idle; the answer is to be awaited.

        Where no connection is idle, one is opened first, and the request is written as soon as that is there. The page
        is read when the answer is awaited, not before.
        """
        ...


class Visit(Protocol):
    """One visitor at the club: a cookie jar and connections of its own.

    Requests never raise for what the club or the network does: that is in the answer's verdict. `log_in` is the
    exception, since nothing can be done without it.
    """

    @property
    def requests_sent(self) -> int:
        """How many requests this visitor has sent to the club, of every kind."""
        ...

    def keep_within(self, requests: Callable[[], int]) -> None:
        """Has no redirect followed any more once so many requests were sent in all: one of the others may."""
        ...

    async def log_in(self, credentials: Credentials) -> Answer:
        """Logs in, and sees the proof in the answer.

        Raises LoginRefused, PageNotUnderstood, ClubBusy, ClubUnreachable.
        """
        ...

    async def look(self, session: Session) -> Answer:
        """Reads the session's page."""
        ...

    async def sign_up(self, session: Session, club_member_id: int) -> Answer:
        """Asks for a place."""
        ...

    def prepared(self, way_in: Action, session: Session, club_member_id: int) -> PreparedRequest:
        """A sign-up (or, as `way_in`, a regular player's confirmation) made ready beforehand.

        It may be sent many times, and lasts as long as the visit.
        """
        ...

    async def withdraw(self, session: Session, club_member_id: int) -> Answer:
        """Gives a place back."""
        ...

    async def confirm(self, session: Session, club_member_id: int) -> Answer:
        """Confirms a regular player's own fixed place."""
        ...

    async def decline(self, session: Session, club_member_id: int) -> Answer:
        """Declines a regular player's own fixed place."""
        ...

    async def complete(self, session: Session, club_member_id: int) -> Answer:
        """Takes the steps that are left once a place is held, until the club says that it is the member's.

        Where the club signs up with one request, there are none, and the answer is a look at the page.
        """
        ...

    async def release(self, session: Session, club_member_id: int) -> Answer:
        """Lets go of a place that is held and not wanted any more: nobody else could have it until the hold ran out.

        Harmless where none is held.
        """
        ...

    async def join_list(self, session: Session, club_member_id: int) -> Answer:
        """Asks for a turn on the club's own waiting list. Only for clubs that have one (`Traits.has_list`)."""
        ...

    async def find(self, pointer: Pointer) -> Session:
        """The session that the pointer names, from its page. Raises NotFound, ClubBusy, ClubUnreachable,
        PageNotUnderstood.
        """
        ...

    async def find_club_member_id(self) -> int | None:
        """The id by which the club knows who is logged in, from a page that shows it; None while none does."""
        ...

    async def timetable(self, weeks_ahead: int = 0) -> Sequence[TimetableEntry]:
        """The club's weekly timetable. Raises ClubBusy, ClubUnreachable, PageNotUnderstood."""
        ...

    async def free_places(self) -> FreePlaces:
        """What the club shows to everybody of the coming days, with as few requests as that takes. Raises as
        `timetable`.
        """
        ...

    async def look_through(self, credentials: Credentials | None) -> LookedThrough:
        """Reads each kind of page once, logged out and then logged in, to see whether it is still understood.

        Raises ClubBusy, ClubUnreachable.
        """
        ...

    async def probe(self, *, deep: bool = False) -> Answer:
        """Asks for next to nothing, for the sake of the Date header and of how long the answer takes.

        Usually for a file, which the web server gives without the club's program; `deep` asks for the program's
        cheapest page.
        """
        ...


@dataclass(frozen=True, slots=True)
class Traits:
    """What a kind of club has, and others have not.

    `has_timetable`: a week that is shown to everybody; `has_fixed_places`: regular players, who confirm places of their
    own; `has_list`: a waiting list of its own, which the club's members can join.
    """

    has_timetable: bool = True
    has_fixed_places: bool = False
    has_list: bool = False


class ClubLinks(Protocol):
    """The addresses of one club's sessions."""

    @property
    def rules(self) -> ClubRules:
        """The club as its operator describes it."""
        ...

    @property
    def good_link(self) -> str:
        """What a link to a session of this club looks like, to show to somebody whose link is not good."""
        ...

    def link(self, session: Session) -> str:
        """The address of a session's page, in the form that the club writes itself, for people to follow."""
        ...

    def session_of(self, url: SplitResult) -> Session | Pointer:
        """The session that an address of this club's leads to. Raises BadLink."""
        ...


class Club(ClubLinks, Protocol):
    """One club's web site."""

    @property
    def traits(self) -> Traits:
        """What this kind of club has."""
        ...

    def visit(self) -> AbstractAsyncContextManager[Visit]:
        """A visitor who is not logged in."""
        ...


@dataclass(frozen=True, slots=True)
class Ports:
    """All that a service needs from outside. A bus that hears why a delivery is refused needs no `refusals`."""

    store: Store
    bus: Bus
    wake: WakeScheduler
    vault: Vault
    clock: Clock
    ids: Ids
    clubs: Mapping[str, Club]
    door: Door
    refusals: Refusals | None = None
    metrics: Metrics = field(default_factory=Metrics)
