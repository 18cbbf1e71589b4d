"""What a club is to us: data. Rules that differ between clubs stand here, never in code."""

from enum import StrEnum
from functools import cached_property
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, HttpUrl

from autotennis.values import Id, Value


class DayCount(StrEnum):
    """How the hours between opening and start are counted when the clocks change in between."""

    ELAPSED = "elapsed"
    CALENDAR = "calendar"
    UNKNOWN = "unknown"


class OpeningRule(Value):
    """Sign-up opens `hours_before` the start: as elapsed hours, or as calendar days at the same local time.

    Regular players may confirm their fixed places from `regulars_hours_before` on. 72 h and seven days are shown by the
    countdowns on saved pages of 2017. Nobody has seen which count the club uses over a change of the clocks; while that
    is unknown, both are reckoned with.
    """

    hours_before: int = Field(default=72, gt=0, le=24 * 60)
    regulars_hours_before: int = Field(default=168, gt=0, le=24 * 60)
    counted: DayCount = DayCount.UNKNOWN


class RaceRules(Value):
    """How a race may treat this club: its caps, and what it declares to tolerate.

    `sign_ups` caps the sign-up requests of one booking, `requests` all requests of one booking, both over all runs,
    crashes included. `shots` is how many sign-ups may be spread over the uncertainty of an opening, `in_flight` how
    many of one member may be unanswered at once, and `in_flight_in_all` how many requests of all members together from
    one process. `give_up_s` is how long after the opening the club may stay closed, `prove_s` how long it may take to
    say how it stands.

    `early` tells whether a sign-up before the opening does no harm (it is refused, and that is all); where it does
    harm, none is sent before the opening has certainly come. `locks_login` tells whether requests of one login queue
    at the club, as with PHP's sessions: then they are kept an answer's work apart. `primes` asks for a look at the
    session's page shortly before the opening, for sites that want to have shown it first.
    """

    sign_ups: int = Field(default=24, ge=1, le=60)
    requests: int = Field(default=60, ge=4, le=200)
    shots: int = Field(default=8, ge=1, le=12)
    in_flight: int = Field(default=8, ge=1, le=12)
    in_flight_in_all: int = Field(default=128, ge=1, le=2000)
    give_up_s: float = Field(default=60.0, gt=0, le=240)
    prove_s: float = Field(default=20.0, gt=0, le=60)
    early: bool = True
    locks_login: bool = True
    primes: bool = False


class WatchRules(Value):
    """How the club may be watched for freed places.

    It is looked at every `every_s` seconds, once for all who wait. `sign_ups` and `requests` cap what one booking may
    send while it waits, beside what its race may.
    """

    every_s: float = Field(default=30.0, ge=1, le=300)
    sign_ups: int = Field(default=10, ge=1, le=60)
    requests: int = Field(default=60, ge=8, le=200)


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError(f"{name!r} is not a time zone; a good one is 'Europe/Oslo'") from None
    return name


class ClubRules(Value):
    """One club, as its operator describes it.

    `base_url` is where its pages lie and ends with a slash; `other_hosts` are further names whose links are taken as
    its own; `kind` chooses the adapter that reads its pages. `address` is where its hall is, for calendars.
    """

    id: Id
    kind: str = "ntnui"
    name: str = Field(min_length=1, max_length=80)
    base_url: HttpUrl
    other_hosts: tuple[str, ...] = ()
    address: str = Field(default="", max_length=200)
    zone_name: Annotated[str, AfterValidator(_known_zone)] = "Europe/Oslo"
    opening: OpeningRule = OpeningRule()
    race: RaceRules = RaceRules()
    watch: WatchRules = WatchRules()

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
