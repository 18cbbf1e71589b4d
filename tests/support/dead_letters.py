"""Deliveries that are given up, of the embedded bus."""

from pathlib import Path

from support.api_site import CLUB_ID

from autotennis.adapters.local.bus import Outcome, RetryPolicy, Settlement
from autotennis.adapters.local.family import open_local
from autotennis.adapters.system import SystemClock
from autotennis.events import WatchDue
from autotennis.flow import Service


def give_up_one(directory: Path, reason: str = "It smokes.") -> None:
    """One delivery to the waitlist is refused, by a bus that gives up at once."""
    with open_local(directory, SystemClock(), RetryPolicy(attempts=1)) as family:
        (delivery,) = family.bus.lease(Service.WAITLIST, 60, 1)
        family.bus.settle([Settlement(delivery.id, Outcome.REFUSED, reason)])


def publish_and_give_up(directory: Path, reason: str = "It smokes.") -> None:
    """One more event for the waitlist, which is given up."""
    with open_local(directory, SystemClock()) as family:
        family.bus.publish(WatchDue(at=SystemClock().now(), club_id=CLUB_ID))
    give_up_one(directory, reason)
