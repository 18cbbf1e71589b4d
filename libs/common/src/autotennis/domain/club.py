"""What a club is to us: data. Rules that differ between clubs stand here, never in code."""

from enum import StrEnum
from functools import cached_property
from typing import Annotated, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, HttpUrl, model_validator

from autotennis.values import Id, Value


class DayCount(StrEnum):
    """How the hours between opening and start are counted when the clocks change in between."""

    ELAPSED = "elapsed"
    CALENDAR = "calendar"
    UNKNOWN = "unknown"


class OpeningRule(Value):
    """When sign-up opens.

    72 h and seven days are shown by the countdowns on saved pages of 2017. Nobody has seen which count the club uses
    over a change of the clocks; while that is unknown, both are reckoned with. Whatever is set, the countdown on the
    session's page is believed.
    """

    hours_before: int = Field(default=72, gt=0, le=24 * 60, description="How many hours before its start.")
    regulars_hours_before: int = Field(
        default=168,
        gt=0,
        le=24 * 60,
        description="From how many hours before the start on regular players may confirm their fixed places.",
    )
    counted: DayCount = Field(
        default=DayCount.UNKNOWN,
        description="`elapsed` (hours) or `calendar` (days at the same local time): they differ when the clocks change "
        "in between. While it is `unknown`, the earlier one is planned for.",
    )


class RaceRules(Value):
    """How a race may treat this club: its caps, and what it declares to tolerate."""

    sign_ups: int = Field(
        default=24, ge=1, le=60, description="How many sign-ups one booking may send in all, crashes included."
    )
    requests: int = Field(
        default=60, ge=4, le=200, description="How many requests one booking may send in all, crashes included."
    )
    shots: int = Field(
        default=8, ge=1, le=12, description="How many sign-ups may be spread over the uncertainty of an opening."
    )
    in_flight: int = Field(
        default=8, ge=1, le=12, description="How many requests of one member may be unanswered at once."
    )
    in_flight_in_all: int = Field(
        default=128,
        ge=1,
        le=2000,
        description="How many requests of all members together, from one process, may be unanswered at once: raise it "
        "where more members than this race for one opening, and agree on it with the club.",
    )
    give_up_s: float = Field(
        default=330.0, gt=0, le=330, description="How many seconds after the opening the club may stay closed."
    )
    prove_s: float = Field(
        default=20.0, gt=0, le=60, description="How many seconds the club may take to say how it stands."
    )
    early: bool = Field(
        default=True,
        description="Whether a sign-up before the opening does no harm (it is refused, and that is all). Where it "
        "does, none is sent before the opening has certainly come.",
    )
    repeats: bool = Field(
        default=True,
        description="Whether a sign-up beside another one of the same member does no harm. Where it may take a second "
        "place, only one is under way at any time, and `shots` and `in_flight` have to be 1.",
    )
    logins: int = Field(
        default=3,
        ge=1,
        le=3,
        description="How many times one visit may log in: sites that count them shut out who does it too often. A "
        "third time is only for seeing whether the club has taken the member.",
    )
    steps: int = Field(
        default=0,
        ge=0,
        le=20,
        description="How many requests it takes, beside the sign-up, to make a place the member's that the club holds "
        "for a while. 0 where it holds none: there the sign-up is all.",
    )
    locks_login: bool = Field(
        default=True,
        description="Whether requests of one login queue at the club, as with PHP's sessions: then they are kept an "
        "answer's work apart.",
    )
    primes: bool = Field(
        default=False,
        description="Whether the session's page is looked at shortly before the opening, for sites that want to have "
        "shown it first.",
    )

    @model_validator(mode="after")
    def _asks_once(self) -> Self:
        if not self.repeats and (self.shots > 1 or self.in_flight > 1):
            raise ValueError("where a second sign-up may take a second place, shots and in_flight have to be 1")
        return self


class WatchRules(Value):
    """How the club may be watched for freed places, while anybody waits for one."""

    every_s: float = Field(
        default=30.0, ge=1, le=300, description="Every how many seconds it is looked at, once for all who wait."
    )
    sign_ups: int = Field(
        default=10,
        ge=1,
        le=60,
        description="How many sign-ups one booking may send while it waits, beside what its race may.",
    )
    requests: int = Field(
        default=60,
        ge=8,
        le=200,
        description="How many requests one booking may send while it waits, beside what its race may.",
    )


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError(f"{name!r} is not a time zone; a good one is 'Europe/Oslo'") from None
    return name


class ClubRules(Value):
    """One club, as its operator describes it."""

    id: Id = Field(description="Its id: it stays the same as long as there are bookings.")
    kind: str = Field(default="ntnui", description="The adapter that reads its pages.")
    name: str = Field(min_length=1, max_length=80, description="What members call it.")
    base_url: HttpUrl = Field(description="Where its pages lie.")
    other_hosts: tuple[str, ...] = Field(default=(), description="Further names whose links are taken as its own.")
    address: str = Field(default="", max_length=200, description="Where its hall is, for calendars.")
    zone_name: Annotated[str, AfterValidator(_known_zone)] = Field(
        default="Europe/Oslo", description="Its time zone, as the IANA names it."
    )
    opening: OpeningRule = Field(default=OpeningRule(), description="When sign-up opens.")
    race: RaceRules = Field(default=RaceRules(), description="What a race may send.")
    watch: WatchRules = Field(default=WatchRules(), description="How it is watched for freed places.")

    @cached_property
    def zone(self) -> ZoneInfo:
        """The club's time zone."""
        return ZoneInfo(self.zone_name)

    @property
    def root(self) -> str:
        """`base_url` as text, with exactly one slash at its end."""
        return str(self.base_url).rstrip("/") + "/"


NTNUI_TENNIS = ClubRules(
    id="ntnui-tennis",
    name="NTNUI Tennis",
    base_url=HttpUrl("https://www.ntnuitennis.no/"),
    other_hosts=("ntnuitennis.no",),
)
