"""What facts are made of: small frozen values that travel in events and are stored with bookings."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, NaiveDatetime, model_validator

# A place, a claim and a request are counted per one of these, so an id must never hold what could break a key or a log.
Id = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]

# An instant: a time without a zone is refused, and whatever zone it came with, it is UTC inside.
Instant = Annotated[AwareDatetime, AfterValidator(lambda given: given.astimezone(UTC))]


# What a club calls a weekly slot in its addresses. It stands in keys, and can never be taken for a number.
SlotName = Annotated[str, Field(max_length=80, pattern=r"^([A-Za-z0-9._~-]*[A-Za-z._~-][A-Za-z0-9._~-]*)?$")]


class Value(BaseModel):
    """A frozen value that refuses what it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings")


class Session(Value):
    """One tennis or padel hour: the club's weekly slot and the local start.

    A club that numbers its weekly slots names one by `timeid`; one that has names for them, by `slot`: there `timeid`
    is the number of this one date, 0 as long as nobody has read it, and tells nothing of which session it is. `start`
    is the club's local time without a zone. Two sessions are the same when their weekly slot and `start` are; `padded`
    only remembers how the link wrote the hour (`T09` or `T9`), because nobody knows whether the club takes the other
    form.
    """

    timeid: int = Field(gt=-1, lt=10**9)
    slot: SlotName = ""
    start: NaiveDatetime
    padded: bool = True

    @model_validator(mode="after")
    def _is_named(self) -> Self:
        if not self.weekly:
            raise ValueError("a session is one of a weekly slot, which has a number or a name")
        return self

    @property
    def weekly(self) -> str:
        """The weekly slot that it is one of; empty for none."""
        return self.slot or (str(self.timeid) if self.timeid else "")

    @property
    def key(self) -> str:
        """The session's identity within its club, for example `194@2026-11-25T18:00:00`."""
        return f"{self.weekly}@{self.start.isoformat(timespec='seconds')}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Session) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)


class Pointer(Value):
    """A session as a link names it that does not tell the start: the weekly slot and the number of the date.

    Only the session's page tells the rest.
    """

    slot: SlotName
    number: int = Field(gt=0, lt=10**9)


class Activity(StrEnum):
    """What is played in a session."""

    TENNIS = "tennis"
    PADEL = "padel"


class Seen(Value):
    """What the club's pages said of a session when it was asked for, in their own words; empty where they said nothing.

    It is for people to read, and decides nothing.
    """

    place: str = Field(default="", max_length=80)
    court: str = Field(default="", max_length=80)
    level: str = Field(default="", max_length=80)
    activity: Activity | None = None


class VerdictKind(StrEnum):
    """What a club's answer says.

    Of who is `untrusted` nothing was asked: they could not prove to be the club. A place that is `held` is kept for the
    member for a while, and becomes theirs once the remaining steps are taken. `on_list` is who stands on the club's own
    waiting list.
    """

    SIGNED_UP = "signed_up"
    HELD = "held"
    FREE = "free"
    FULL = "full"
    NOT_OPEN = "not_open"
    LOGGED_IN = "logged_in"
    LOGGED_OUT = "logged_out"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    NO_SESSION = "no_session"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    UNTRUSTED = "untrusted"
    ON_LIST = "on_list"
    UNKNOWN = "unknown"


class Verdict(Value):
    """What a club's answer says, with the figures that belong to it.

    `free` counts the places that can be taken now; `opens_in_s` is the page's own countdown in seconds (whole minutes,
    as the club writes it), `opens_at` the instant of the opening where the page tells it exactly; `held_s` is for how
    long a held place is kept still; `retry_after_s` is how long a busy club asks us to keep away; `fingerprint`
    identifies the structure of a page that was not understood.
    """

    kind: VerdictKind
    free: int | None = Field(default=None, ge=0)
    opens_in_s: int | None = Field(default=None, ge=0)
    opens_at: Instant | None = None
    held_s: float | None = Field(default=None, ge=0)
    retry_after_s: float | None = Field(default=None, ge=0)
    fingerprint: str | None = None


class Action(StrEnum):
    """What was asked of the club.

    `complete` takes the steps that make a held place the member's, `release` lets go of a held place, and `join_list`
    asks for a turn on the club's own waiting list.
    """

    LOG_IN = "log_in"
    LOOK = "look"
    SIGN_UP = "sign_up"
    WITHDRAW = "withdraw"
    CONFIRM = "confirm"
    DECLINE = "decline"
    COMPLETE = "complete"
    RELEASE = "release"
    JOIN_LIST = "join_list"


class Attempt(Value):
    """One request to the club and its verdict.

    `sent_ms` is when it was sent, in ms after the opening on the club's clock (negative: before); `latency_ms` is how
    long the answer took.
    """

    action: Action
    sent_ms: float
    latency_ms: float = Field(ge=0)
    verdict: Verdict


class ClockDoubt(StrEnum):
    """What made the club's clock hard to read."""

    NO_DATE = "no_date"
    SECOND_HAND = "second_hand"
    STUCK = "stuck"
    STEPPED = "stepped"
    SEVERAL_SERVERS = "several_servers"
    IMPLAUSIBLE = "implausible"


class ClockReading(Value):
    """What was learned of the club's clock.

    `offset_ms` is the club's clock minus ours; `bound_ms` says how far off that can be; `probes` counts the answers
    that agree on this. `round_trip_ms` is the quickest answer seen. `doubts` says what was strange.
    """

    offset_ms: float
    bound_ms: float = Field(ge=0)
    round_trip_ms: float = Field(ge=0)
    probes: int = Field(ge=0)
    doubts: tuple[ClockDoubt, ...] = ()


class PlanBasis(StrEnum):
    """What a plan of shots rests on."""

    ASSUMED = "assumed"
    MEASURED = "measured"
    LEARNED = "learned"
    RUSH = "rush"
    AT_ONCE = "at_once"


class Plan(Value):
    """When the sign-ups around an opening were to be sent.

    `shots_ms` are the instants of sending, in ms after the opening on the club's clock (negative: before);
    `uncertain_ms` is how wide the span is in which the first good instant of sending must lie.
    """

    basis: PlanBasis
    shots_ms: tuple[float, ...]
    uncertain_ms: float = Field(ge=0)


class Lesson(Value):
    """What one opening taught about a club: all that is worth keeping for the next one.

    `refused_ms` and `accepted_ms` bracket the club's threshold: when the last sign-up that came too early was sent,
    and when the first one that was taken was. Both are ms after the *due instant*, at which a request on the quickest
    path is stamped with the opening by the club's Date header; None where there was no such sign-up. Where the network
    jitters they bracket the likeliest places of the threshold instead, by all sign-ups together. `bound_ms` is by
    how much the due instant itself could have been off. `service_ms` is the quickest answer to a sign-up less the way
    there and back, None if nothing was answered. `offset_ms` is the club's clock minus our wall clock at `at`.
    `filled` tells that a session had no place left as soon as we had ours, or before: others race for them.
    """

    at: Instant
    refused_ms: float | None = None
    accepted_ms: float | None = None
    bound_ms: float = Field(ge=0)
    service_ms: float | None = Field(default=None, ge=0)
    round_trip_ms: float = Field(ge=0)
    jitter_ms: float = Field(ge=0)
    offset_ms: float
    filled: bool = False


class Proof(Value):
    """When the club's own page showed the member as signed up, on the club's clock as far as it is known."""

    seen_at: Instant


class QuietHours(Value):
    """From one full hour to another, in the club's zone; over midnight if `until_hour` is the lesser one."""

    from_hour: int = Field(ge=0, le=23)
    until_hour: int = Field(ge=0, le=23)


class WaitingWish(Value):
    """Whether and how a member waits for a freed place.

    A place that becomes free less than `notice_min` minutes before the session, or in the `quiet` hours, is not taken.
    Where `ask_min` is not 0, the member is asked first and has so many minutes to answer. `club_list` asks for a turn
    on the club's own waiting list, too, where it has one.
    """

    wanted: bool = True
    notice_min: int = Field(default=0, ge=0, le=7 * 24 * 60)
    quiet: QuietHours | None = None
    ask_min: int = Field(default=0, ge=0, le=24 * 60)
    club_list: bool = False


# Where somebody's id stood who has left. No member has this one: theirs are random.
NOBODY: Final = "nobody"

# So many sessions may be named in one wish, and so many members may go together.
MOST_CHOICES: Final = 5
LARGEST_PARTY: Final = 12


class Choice(Value):
    """One of several sessions of which its member wants one; the one of rank 0 most of all.

    `trade_up` tells that a lesser one which was won is given back for a dearer one. Without that, the first one that is
    won stops the others.
    """

    kind: Literal["choice"] = "choice"
    id: Id
    rank: int = Field(ge=0, lt=MOST_CHOICES)
    trade_up: bool = False


class Party(Value):
    """One of several members for whom the same session is wanted, by the wish of the member `asked_by`.

    Who is of a lesser `rank` goes first. `all_or_none` tells that nobody wants a place unless all get one.
    """

    kind: Literal["party"] = "party"
    id: Id
    rank: int = Field(ge=0, lt=LARGEST_PARTY)
    asked_by: Id
    all_or_none: bool = False


# What binds bookings to each other: they have the same bond's id.
Bond = Annotated[Choice | Party, Field(discriminator="kind")]


class PageKind(StrEnum):
    """The kinds of pages that a club has, and that we read."""

    FREE_PLACES = "free_places"
    TIMETABLE = "timetable"
    SESSION = "session"
    LOG_IN = "log_in"
    SESSION_LOGGED_IN = "session_logged_in"


class FailureReason(StrEnum):
    """Why a booking failed or would fail, or why a place could not be given back."""

    FULL = "full"
    NOT_OPENED = "not_opened"
    LOGIN_REFUSED = "login_refused"
    NO_CREDENTIALS = "no_credentials"
    SESSION_CANCELLED = "session_cancelled"
    NO_SESSION = "no_session"
    SESSION_STARTED = "session_started"
    TOO_LATE = "too_late"
    STILL_SIGNED_UP = "still_signed_up"
    CLUB_UNREACHABLE = "club_unreachable"
    CLUB_BUSY = "club_busy"
    CLUB_UNTRUSTED = "club_untrusted"
    CLUB_GONE = "club_gone"
    REQUEST_CAP = "request_cap"
    PAGE_NOT_UNDERSTOOD = "page_not_understood"
    PAUSED = "paused"
    NOT_COMPLETED = "not_completed"
    SESSION_MOVED = "session_moved"
    ALREADY_IN = "already_in"


class Failure(Value):
    """Why a booking failed; `detail` adds what a person needs and never a secret."""

    reason: FailureReason
    detail: str = Field(default="", max_length=500)


def utc_text(instant: datetime) -> str:
    """An instant as text whose order is the order of time: `2026-11-22T17:00:00.000000+00:00`."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds")
