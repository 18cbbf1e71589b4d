"""What the steps of a booking use of Google's services: a test holds it against what the adapters count."""

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import Final, NamedTuple


class Used(NamedTuple):
    """How often each of Google's services is used."""

    reads: float = 0
    writes: float = 0
    deletes: float = 0
    messages: float = 0
    job_calls: float = 0
    key_calls: float = 0


def times(count: float, part: Used) -> Used:
    """All of it so many times."""
    return Used(*(count * one for one in part))


def together(*parts: Used) -> Used:
    """The sum."""
    return Used(*(sum(counts) for counts in zip(*parts, strict=True)))


class Step(Enum):
    """What was measured, and in which service."""

    ACCOUNT = ("A member opens an account", "api")
    ASKING = ("A member asks for a place (5 requests)", "api")
    FIRST_PLANNED = ("The first wish for an opening is planned", "timer")
    FURTHER_PLANNED = ("A further wish for it is planned", "timer")
    FIRST_HANDED = ("An opening with one booking is handed over", "timer")
    FURTHER_HANDED = ("A further booking is handed over with it", "timer")
    RACE = ("A booking is raced for and booked", "booker")
    RACE_FULL = ("A race finds its session full", "booker")
    LIGHT = ("A race tells how far it has come", "booker")
    LEARNED = ("A race recalls its club and learns from the opening", "booker")
    LIFE = ("An instance that races gives a sign of life", "booker")
    FIRST_SECRET = ("An instance opens its first secret", "api, booker")
    REDELIVERED = ("A wish comes again, to a timer just started", "timer")
    LIST = ("The list is shown, with one booking", "api")
    LISTED = ("A further booking in the list", "api")
    PAGE = ("The page of a booking that is booked is shown", "api")
    NEWS = ("An open page of a booking asks for news", "api")
    STREAM = ("An open page of a booking is given a stream", "api")
    SWEEP = ("A sweep while anything is open", "timer")
    LAST_SWEEP = ("A sweep that finds nothing open", "timer")
    FIRST_IN_LINE = ("The first at a club comes into the line", "waitlist")
    NEXT_IN_LINE = ("A further one comes into it in the same minute", "waitlist")
    LOOK = ("A look for freed places while one waits", "waitlist")
    LOOKED_FOR = ("A further one who waits, at each look", "waitlist")
    LAST_LOOK = ("A look that finds nobody waiting", "waitlist")
    MISSED = ("A freed place is tried for, and was gone", "waitlist")
    TAKEN = ("A freed place is tried for and taken", "waitlist")
    IN_VAIN = ("A wait ends without a place", "waitlist")
    GIVEN_BACK = ("A place is given back", "booker")


MEASURED: Final[Mapping[Step, Used]] = MappingProxyType(
    {
        Step.ACCOUNT: Used(reads=13, writes=10),
        Step.ASKING: Used(reads=21, writes=5, deletes=1, messages=1),
        Step.FIRST_PLANNED: Used(reads=1, writes=1, job_calls=1),
        Step.FURTHER_PLANNED: Used(reads=1, writes=1),
        Step.FIRST_HANDED: Used(reads=2, messages=1, job_calls=1),
        Step.FURTHER_HANDED: Used(reads=1),
        Step.RACE: Used(reads=10, writes=5, deletes=1, messages=1),
        Step.RACE_FULL: Used(reads=10, writes=4, deletes=1, messages=1),
        Step.LIGHT: Used(reads=1, writes=1),
        Step.LEARNED: Used(reads=3, writes=1),
        Step.LIFE: Used(writes=1),
        Step.FIRST_SECRET: Used(reads=1, key_calls=1),
        Step.REDELIVERED: Used(reads=2, job_calls=4),
        Step.LIST: Used(reads=3),
        Step.LISTED: Used(reads=1),
        Step.PAGE: Used(reads=5, writes=1),
        Step.NEWS: Used(reads=2),
        Step.STREAM: Used(reads=3),
        Step.SWEEP: Used(reads=8),
        Step.LAST_SWEEP: Used(reads=13, job_calls=1),
        Step.FIRST_IN_LINE: Used(reads=4, writes=2, messages=1, job_calls=2),
        Step.NEXT_IN_LINE: Used(reads=1, writes=1, job_calls=1),
        Step.LOOK: Used(reads=3, writes=1),
        Step.LOOKED_FOR: Used(reads=1),
        Step.LAST_LOOK: Used(reads=3, deletes=1, job_calls=1),
        Step.MISSED: Used(reads=5, writes=2),
        Step.TAKEN: Used(reads=7, writes=5, deletes=1, messages=1),
        Step.IN_VAIN: Used(reads=3, writes=2, deletes=2, messages=1),
        Step.GIVEN_BACK: Used(reads=7, writes=3, deletes=2, messages=1),
    }
)


def _sum(*steps: Step) -> Used:
    return together(*(MEASURED[step] for step in steps))


# So often a race tells how far it has come, at most: logged in, the club's clock measured, the sign-up sent.
LIGHTS: Final = 3
_LIT: Final = times(LIGHTS, MEASURED[Step.LIGHT])
# An opening with one booking, and a further booking of it.
FIRST: Final = together(_sum(Step.ASKING, Step.FIRST_PLANNED, Step.FIRST_HANDED, Step.RACE, Step.LEARNED), _LIT)
FURTHER: Final = together(_sum(Step.ASKING, Step.FURTHER_PLANNED, Step.FURTHER_HANDED, Step.RACE), _LIT)
