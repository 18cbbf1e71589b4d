"""Everything about the practice club's behaviour that can be turned, in one validated model."""

from enum import StrEnum
from typing import Any, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from practice_club.vocabulary import Action, DstRule


class FaultKind(StrEnum):
    """What goes wrong."""

    FORBIDDEN = "forbidden"
    TOO_MANY_REQUESTS = "too_many_requests"
    UNAVAILABLE = "unavailable"
    SERVER_ERROR = "server_error"
    TIMEOUT = "timeout"
    RESET = "reset"
    TRUNCATED = "truncated"
    NO_DATE = "no_date"
    MOVED = "moved"
    LOGIN_PAGE = "login_page"
    OTHER_LETTERS = "other_letters"


class BanKey(StrEnum):
    """By what the flood guard tells its visitors apart."""

    ADDRESS = "address"
    USER_AGENT = "user_agent"
    LOGIN = "login"


class HourStyle(StrEnum):
    """How the hour is written in `spilletid`. The plain style writes it unpadded and takes both."""

    UNPADDED = "unpadded"
    PADDED_ONLY = "padded_only"
    UNPADDED_ONLY = "unpadded_only"


class FormCharset(StrEnum):
    """How the club reads the letters of a submitted form."""

    LATIN_1 = "iso-8859-1"
    UTF_8 = "utf-8"


class Rebuilt(StrEnum):
    """A part of the site that was made anew, so that programs which read it find nothing there."""

    FREE_PLACES = "free_places"
    TIMETABLE = "timetable"
    SESSION = "session"
    LOGIN = "login"


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Rate(_Strict):
    """More than `requests` within `seconds`."""

    requests: int = Field(ge=0)
    seconds: float = Field(gt=0)


class Fault(_Strict):
    """A fault for the requests that match `action` and `member_id`: all of them, or those that the limits leave."""

    kind: FaultKind
    action: Action | None = None
    member_id: int | None = None
    skip: int = Field(default=0, ge=0, description="matching requests that pass first")
    times: int | None = Field(default=None, ge=1, description="how many requests it hits; null: all")
    after: Rate | None = Field(default=None, description="hits only while more than this many come in that time")
    retry_after_s: int | None = Field(default=None, ge=0)
    acts: bool = Field(default=False, description="the club does what was asked and only the answer is spoilt")
    hold_s: float = Field(default=60.0, gt=0, description="timeout: how long the connection is held open")
    location: str | None = Field(
        default=None, pattern=r"^[!-~]+$", description="moved: where to, with a status of 302 and a cookie"
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.retry_after_s is not None and self.kind in {FaultKind.TIMEOUT, FaultKind.RESET}:
            raise ValueError(f"a {self.kind} has no answer that could carry Retry-After")
        if (self.kind is FaultKind.MOVED) != (self.location is not None):
            raise ValueError("`location` is for what is moved, and says where to")
        return self


class FloodGuard(_Strict):
    """Whoever sends more than `limit` is answered `status` for `ban_s` seconds."""

    limit: Rate
    ban_s: float = Field(default=60.0, gt=0)
    status: int = Field(default=403, description="403, 429 or 503")
    retry_after_s: int | None = Field(default=None, ge=0)
    by: BanKey = BanKey.ADDRESS

    @model_validator(mode="after")
    def _known_status(self) -> Self:
        if self.status not in {403, 429, 503}:
            raise ValueError("a flood guard answers 403, 429 or 503")
        return self


class Rival(_Strict):
    """Rivals take `places` at `after_opening_ms` of each opening, and leave after `stay_ms`."""

    after_opening_ms: float
    places: int = Field(default=1, ge=1, le=50)
    stay_ms: float | None = Field(default=None, gt=0)
    timeid: int | None = Field(default=None, description="only this slot; null: every slot")


class Rush(_Strict):
    """So many `requests` come at random from `from_ms` to `to_ms` of each announced opening.

    Each takes a worker for the service time and does nothing else; they have no connection and are not recorded.
    """

    requests: int = Field(ge=1, le=100_000)
    from_ms: float = Field(default=-1000.0, ge=-600_000, description="before the opening if negative")
    to_ms: float = Field(default=1000.0, le=600_000)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.from_ms > self.to_ms:
            raise ValueError("a rush begins, at `from_ms`, before it ends, at `to_ms`")
        return self


class ClockStep(_Strict):
    """The clock steps once: `after_s` from now, or when the clock as it goes now shows `at`."""

    step_ms: float = Field(description="forward; back if negative")
    after_s: float | None = Field(default=None, ge=0)
    at: AwareDatetime | None = None

    @model_validator(mode="after")
    def _one_moment(self) -> Self:
        if (self.after_s is None) == (self.at is None):
            raise ValueError("give one of `after_s` and `at`")
        return self


class CachedPages(_Strict):
    """A proxy answers GET and HEAD of plain pages for `seconds` with what it has, and with the `Date` of that."""

    seconds: float = Field(gt=0)
    age: bool = Field(default=True, description="such an answer says how old it is, in `Age`")


_Ms = Field(default=0.0, ge=0, le=60_000)


class Knobs(_Strict):
    """The knobs, each with the value that the club has when nobody turned it."""

    # the clock
    clock_offset_ms: float = Field(default=0.0, description="the club ahead of the machine")
    clock_drift_ppm: float = Field(default=0.0, ge=-10_000, le=10_000)
    clock_steps: tuple[ClockStep, ...] = Field(default=(), description="steps to come, in place of others to come")
    servers: tuple[float, ...] = Field(
        default=(0.0,),
        min_length=1,
        description="servers behind the name: how far the clock of each is ahead of the club's, in ms. Connections "
        "belong to them in turn; each decides, and stamps, by its own clock",
    )

    # the network: each way is late by its latency plus up to its jitter (uniform, seeded)
    latency_in_ms: float = _Ms
    jitter_in_ms: float = _Ms
    latency_out_ms: float = _Ms
    jitter_out_ms: float = _Ms
    handshake: bool = Field(default=True, description="a new connection's first request waits for a round trip more")

    keepalive_s: float = Field(default=3600, gt=0, description="an idle connection is closed after that; Apache: 5")

    # what stands in front
    cached_pages: CachedPages | None = None
    via: str | None = Field(default=None, pattern=r"^[!-~][ -~]*$", description="what every answer says in `Via`")

    # the server's work
    service_before_ms: float = Field(default=0.0, ge=0, le=60_000, description="work before the club decides")
    service_after_ms: float = Field(default=0.0, ge=0, le=60_000, description="work after it")
    service_jitter_ms: float = Field(default=0.0, ge=0, le=60_000, description="up to this much more of each")
    workers: int | None = Field(default=None, ge=1, description="requests worked on at once; the others queue")
    rush: Rush | None = Field(default=None, description="visitors who fill the queue around openings; needs `workers`")
    session_lock: bool = Field(default=True, description="requests of one login come one after another, as PHP's do")

    # rules and habits of the club
    dst_rule: DstRule = DstRule.ELAPSED
    opening_late_s: float = Field(default=0.0, ge=0, le=86_400, description="opens later than its page says")
    opening_late_random_s: tuple[float, float] = Field(
        default=(0.0, 0.0), description="and later still by a time between these two, drawn for each session (seeded)"
    )
    withdrawal_closes_h: float | None = Field(default=None, ge=0, le=72, description="no withdrawal link after that")
    rivals: tuple[Rival, ...] = ()
    lose_accepted: int = Field(default=0, ge=0, description="the next sign-ups are accepted and then lost")

    # logins
    login_expires_s: float | None = Field(default=None, gt=0)
    remember_login: bool = Field(default=True, description="the remember-me cookies alone carry a login")
    form_charset: FormCharset = FormCharset.LATIN_1
    cookie_raw_email: bool = Field(default=False, description="the user-name cookie holds `@` rather than `%40`")

    # pages
    hours: HourStyle = HourStyle.UNPADDED
    markerless_confirm: bool = Field(default=False, description="no door text at all, as in a new hall")
    hide_names: bool = Field(default=False, description="visitors who are not logged in see no names")
    page_bytes: int = Field(default=24_000, ge=0, le=500_000, description="the least size of a page")

    rebuilt: frozenset[Rebuilt] = Field(default=frozenset(), description="parts of the site that were made anew")

    # trouble
    faults: tuple[Fault, ...] = ()
    flood_guard: FloodGuard | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.rush is not None and self.workers is None:
            raise ValueError("a `rush` loads nothing unless there are so many `workers`")
        least_s, most_s = self.opening_late_random_s
        if not 0 <= least_s <= most_s:
            raise ValueError("`opening_late_random_s` is the least and the most, neither below 0")
        return self

    def turned(self, changes: dict[str, Any]) -> Self:
        """These knobs with some turned. Raises pydantic.ValidationError, which names what is wrong."""
        return self.model_validate({**self.model_dump(), **changes})
