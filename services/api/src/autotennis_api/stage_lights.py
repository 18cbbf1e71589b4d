"""The lights of a booking: which stages its run has reached, and which are still to come."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from autotennis.domain.booking import Booking, State
from autotennis.domain.progress import Stage
from autotennis_api.texts import lazy_gettext

STAGES: Final[Mapping[Stage, str]] = {
    Stage.SCHEDULED: lazy_gettext("The opening is in our calendar"),
    Stage.PRE_CHECKED: lazy_gettext("Checked at the club beforehand"),
    Stage.LOGGED_IN: lazy_gettext("Logged in at the club"),
    Stage.CLOCK_MEASURED: lazy_gettext("The club's clock is measured"),
    Stage.FIRED: lazy_gettext("The sign-up is sent"),
    Stage.PROVEN: lazy_gettext("The club's page shows you"),
}
# A race is still to come, or under way.
_RACING: Final = frozenset({State.SCHEDULED, State.SIGNING_UP})


@dataclass(frozen=True, slots=True)
class Light:
    """A stage; `at` is when it was reached, None while that is to come. One that went wrong `has_failed`."""

    stage: Stage
    at: datetime | None
    has_failed: bool = False

    @property
    def text(self) -> str:
        """What it is called."""
        return STAGES[self.stage]


def lights(booking: Booking) -> Sequence[Light]:
    """All stages of a race that is to come or under way; of any other, those that were reached."""
    reached = {one.stage: Light(one.stage, one.at) for one in booking.progress}
    is_racing = booking.state in _RACING
    if checked := booking.checked:
        light = Light(Stage.PRE_CHECKED, checked.at, has_failed=checked.failure is not None)
        # Of what is over, a check that complained is no stage that was reached.
        reached |= {light.stage: light} if is_racing or not light.has_failed else {}
    to_come = {stage: Light(stage, None) for stage in Stage if is_racing and _may_come(stage, booking)}
    shown = to_come | reached
    return [shown[stage] for stage in Stage if stage in shown]


def _may_come(stage: Stage, booking: Booking) -> bool:
    """A club's clock is only measured for an opening that is waited for, and a check is only made before one."""
    if stage is Stage.PRE_CHECKED:
        return booking.to_check_at is not None
    is_waited_for = booking.opening_at > booking.created_at and not booking.seeks_fixed_place
    return is_waited_for or stage is not Stage.CLOCK_MEASURED


def next_to_open(coming: Sequence[Booking]) -> frozenset[str]:
    """The ids of those bookings that open next, or are being signed up: their lights are looked at."""
    racing = [one for one in coming if one.state in _RACING]
    first = min((one.opening_at for one in racing), default=None)
    return frozenset(one.id for one in racing if one.opening_at == first or one.state is State.SIGNING_UP)


def clock_time(at: datetime, zone: ZoneInfo) -> str:
    """When a stage was reached: `17:59:58`."""
    return f"{at.astimezone(zone):%H:%M:%S}"
