"""The facts that travel between services.

Each event is a frozen model with a `kind` and a `version`. A kind's fields never change within a version; what no
longer fits gets the next version. `id` is derived from what the event is about: as a booking never comes back to a
state, each fact happens to it once, so a second event with the same id is a redelivery.
"""

import json
import re
from typing import Annotated, Any, Final, Literal, get_args

from pydantic import Field, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from autotennis.errors import BadEvent
from autotennis.values import Attempt, ClockReading, Failure, Id, Instant, PageKind, Proof, Session, Value, utc_text

_ClubId = Annotated[Id, Field(description="The club, by its id in the settings.")]
_OpeningAt = Annotated[Instant, Field(description="When the club opens the sign-up (UTC).")]


class _Event(Value):
    version: Literal[1] = Field(default=1, description="The version of this kind's fields.")
    at: Instant = Field(description="When it happened, on the clock of the service that published it (UTC).")


class _OfBooking(_Event):
    booking_id: Id = Field(description="The booking that it happened to.")
    member_id: Id = Field(description="Whose booking that is.")
    club_id: _ClubId
    session: Session = Field(description="The session that the booking is for.")
    opening_at: _OpeningAt

    @property
    def id(self) -> str:
        """The event's identity: the same fact of the same booking has the same id, however often it is published."""
        return f"{type(self).__name__}/{self.booking_id}"


class _OfRace(_OfBooking):
    timeline: tuple[Attempt, ...] = Field(default=(), description="What was asked of the club, in its order.")
    clock: ClockReading | None = Field(default=None, description="What was learned of the club's clock, if anything.")
    late_s: float = Field(default=0.0, ge=0, description="How long after it could have begun the race began.")


class BookingRequested(_OfBooking):
    """A member wishes to be signed up for a session."""

    kind: Literal["BookingRequested"] = "BookingRequested"


class OpeningDue(_Event):
    """The sign-up of a club opens at `opening_at`, soon or now: hand its bookings over."""

    kind: Literal["OpeningDue"] = "OpeningDue"
    club_id: _ClubId
    opening_at: _OpeningAt

    @property
    def id(self) -> str:
        """One for each club and opening instant."""
        return f"OpeningDue/{self.club_id}/{utc_text(self.opening_at)}"


class RaceDue(_Event):
    """These bookings of one opening are to be raced for now, all by the instance that receives this."""

    kind: Literal["RaceDue"] = "RaceDue"
    club_id: _ClubId
    opening_at: _OpeningAt
    booking_ids: tuple[Id, ...] = Field(min_length=1, max_length=100, description="Which bookings are raced for.")

    @property
    def id(self) -> str:
        """One for each shard: a shard is named after its first booking."""
        return f"RaceDue/{self.club_id}/{utc_text(self.opening_at)}/{self.booking_ids[0]}"


class SessionFull(_OfRace):
    """The club's page says that no place is left: the booking waits for a freed one."""

    kind: Literal["SessionFull"] = "SessionFull"


class Booked(_OfRace):
    """The club's own page shows the member as signed up."""

    kind: Literal["Booked"] = "Booked"
    proof: Proof = Field(description="When the club's page showed it.")


class BondSettled(_OfBooking):
    """One of several bookings that are bound to each other got its place, or ended without one."""

    kind: Literal["BondSettled"] = "BondSettled"
    bond_id: Id = Field(description="The same for all bookings that are bound to each other.")


class Failed(_OfRace):
    """The booking has ended without a place."""

    kind: Literal["Failed"] = "Failed"
    failure: Failure = Field(description="Why.")


class BookingCancelled(_OfBooking):
    """The member no longer wishes it."""

    kind: Literal["BookingCancelled"] = "BookingCancelled"


class _OfEachTime(_OfBooking):
    @property
    def id(self) -> str:
        """One for each time: it may happen to a booking again."""
        return f"{type(self).__name__}/{self.booking_id}/{utc_text(self.at)}"


class PlaceOffered(_OfEachTime):
    """A place is free, and the member wished to be asked first: they may answer until `until`."""

    kind: Literal["PlaceOffered"] = "PlaceOffered"
    until: Instant = Field(description="Until when they may answer (UTC).")


class OfferAccepted(_OfEachTime):
    """The member wants the place that they were asked about."""

    kind: Literal["OfferAccepted"] = "OfferAccepted"


class WithdrawalRequested(_OfEachTime):
    """The member wishes to give a place back."""

    kind: Literal["WithdrawalRequested"] = "WithdrawalRequested"


class WithdrawalFailed(_OfEachTime):
    """The place could not be given back: the member still has it, or nobody knows."""

    kind: Literal["WithdrawalFailed"] = "WithdrawalFailed"
    failure: Failure = Field(description="Why.")


class Withdrawn(_OfBooking):
    """The club's own page shows that the member's place was given back."""

    kind: Literal["Withdrawn"] = "Withdrawn"


class CheckDue(_Event):
    """These bookings of a club are to be checked before they open: nothing is changed at the club."""

    kind: Literal["CheckDue"] = "CheckDue"
    club_id: _ClubId
    booking_ids: tuple[Id, ...] = Field(min_length=1, max_length=100, description="The bookings to check.")

    @property
    def id(self) -> str:
        """One for each shard and instant: a shard is named after its first booking."""
        return f"CheckDue/{self.club_id}/{self.booking_ids[0]}/{utc_text(self.at)}"


class CheckFailed(_OfEachTime):
    """A check found what would keep the booking from getting its place; it is still to be raced for."""

    kind: Literal["CheckFailed"] = "CheckFailed"
    failure: Failure = Field(description="What is wrong.")
    moved_to: Session | None = Field(
        default=None, description="The session's new time, where it was moved and the club's timetable shows to when."
    )


class CanaryDue(_Event):
    """The pages of a club are to be read, each kind of them, to see whether they are still understood."""

    kind: Literal["CanaryDue"] = "CanaryDue"
    club_id: _ClubId

    @property
    def id(self) -> str:
        """One for each club and instant."""
        return f"CanaryDue/{self.club_id}/{utc_text(self.at)}"


class ClubPagesChanged(_Event):
    """A page of a club is not understood any more: bookings there may fail."""

    kind: Literal["ClubPagesChanged"] = "ClubPagesChanged"
    club_id: _ClubId
    page: PageKind = Field(description="The kind of page.")
    was: str = Field(
        default="", max_length=64, description="The fingerprint of its structure when it was understood; may be empty."
    )
    now_is: str = Field(default="", max_length=64, description="The fingerprint of its structure now; may be empty.")
    reason: str = Field(default="", max_length=200, description="In words, what was not found.")

    @property
    def id(self) -> str:
        """One for each structure that a page came to have, on each day."""
        return f"ClubPagesChanged/{self.club_id}/{self.page}/{self.now_is}/{self.at.date().isoformat()}"


class SeriesDue(_Event):
    """A series is to be planned on: it was made, or changed, or a week of it falls due."""

    kind: Literal["SeriesDue"] = "SeriesDue"
    club_id: _ClubId
    series_id: Id = Field(description="The series that it happened to.")

    @property
    def id(self) -> str:
        """One for each instant."""
        return f"SeriesDue/{self.series_id}/{utc_text(self.at)}"


class SeriesInterrupted(_Event):
    """A week of a series could not be planned: the club's timetable has no such slot, or has it for another group."""

    kind: Literal["SeriesInterrupted"] = "SeriesInterrupted"
    club_id: _ClubId
    member_id: Id = Field(description="Whose series that is.")
    series_id: Id = Field(description="The series that it happened to.")
    session: Session = Field(description="The week that could not be planned.")
    reason: str = Field(max_length=40, description="What the timetable has instead: gone, moved or other_group.")
    seen: str = Field(default="", max_length=80, description="The other hour or level that it shows.")

    @property
    def id(self) -> str:
        """One for each week of a series."""
        return f"SeriesInterrupted/{self.series_id}/{self.session.key}"


class ChannelTestRequested(_Event):
    """A member wishes to see whether a channel of theirs works."""

    kind: Literal["ChannelTestRequested"] = "ChannelTestRequested"
    member_id: Id = Field(description="Whose channel that is.")
    channel_id: Id = Field(description="The channel to try.")

    @property
    def id(self) -> str:
        """One for each time."""
        return f"ChannelTestRequested/{self.channel_id}/{utc_text(self.at)}"


class WatchDue(_Event):
    """Somebody waits for a freed place at this club: look for one."""

    kind: Literal["WatchDue"] = "WatchDue"
    club_id: _ClubId

    @property
    def id(self) -> str:
        """One for each club and instant."""
        return f"WatchDue/{self.club_id}/{utc_text(self.at)}"


class SweepDue(_Event):
    """It is time to look for what was missed: openings, claims that ran out, facts never published.

    Where a calendar fires it again and again, each has the `at` of the calendar's making, and so the same id.
    """

    kind: Literal["SweepDue"] = "SweepDue"

    @property
    def id(self) -> str:
        """One for each instant."""
        return f"SweepDue/{utc_text(self.at)}"


Event = (
    BookingRequested
    | OpeningDue
    | RaceDue
    | SessionFull
    | Booked
    | Failed
    | BondSettled
    | PlaceOffered
    | OfferAccepted
    | BookingCancelled
    | WithdrawalRequested
    | WithdrawalFailed
    | Withdrawn
    | WatchDue
    | SweepDue
    | SeriesDue
    | SeriesInterrupted
    | ChannelTestRequested
    | CheckDue
    | CheckFailed
    | CanaryDue
    | ClubPagesChanged
)

# What happens to a booking; each id once.
FACTS: Final = (
    BookingRequested,
    SessionFull,
    Booked,
    Failed,
    BondSettled,
    PlaceOffered,
    OfferAccepted,
    BookingCancelled,
    WithdrawalRequested,
    WithdrawalFailed,
    Withdrawn,
    CheckFailed,
)

KINDS: tuple[str, ...] = tuple(event.__name__ for event in get_args(Event))

_ADAPTER: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="kind")])


def dump(event: Event) -> bytes:
    """The event as UTF-8 JSON; `load` gives the equal event back."""
    return _ADAPTER.dump_json(event)


# What a later version may publish is named; whatever else stands in place of a kind is not.
_LIKE_A_KIND: Final = re.compile(r"[A-Z][A-Za-z]{0,40}")


def load(data: bytes) -> Event:
    """The event in these bytes.

    Raises BadEvent, which names each field that is wrong and never repeats a value.
    """
    try:
        raw: Any = json.loads(data)
    except (ValueError, RecursionError) as error:
        # Also numbers of thousands of digits, and brackets nested as deep.
        raise BadEvent(f"The message is not JSON: {type(error).__name__}.") from None
    try:
        return _ADAPTER.validate_python(raw, strict=False)
    except ValidationError as error:
        raise BadEvent(f"The message is not an event: {_problems(error)}") from None


def _problems(error: ValidationError) -> str:
    """Each problem with its place; inputs are left out since nobody knows what a broken message holds."""
    found = error.errors(include_url=False, include_input=False)
    return "; ".join(f"{'.'.join(str(part) for part in one['loc']) or 'message'}: {_said(one)}" for one in found[:10])


def _said(one: ErrorDetails) -> str:
    if one["type"] != "union_tag_invalid":
        return one["msg"]
    tag = str(one.get("ctx", {}).get("tag"))
    return f"its kind {tag!r} is not known here" if _LIKE_A_KIND.fullmatch(tag) else "its kind is none"
