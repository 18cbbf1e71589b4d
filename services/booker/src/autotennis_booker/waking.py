"""Has the booker woken for an opening that was learned of on the way."""

from datetime import datetime

from autotennis.domain.opening import wake_at
from autotennis.events import OpeningDue
from autotennis.ports import Ports


def wake_for(ports: Ports, club_id: str, opening_at: datetime) -> None:
    """Plans the wake-up of that opening; one that has passed comes at once."""
    due = OpeningDue(at=ports.clock.now(), club_id=club_id, opening_at=opening_at)
    ports.wake.wake(due, wake_at(opening_at))


def is_near(opening_at: datetime, now: datetime) -> bool:
    """Whether its wake-up has passed: whoever is awake does better to go on than to be woken."""
    return wake_at(opening_at) <= now
