"""Has each club's pages looked through once a day."""

from datetime import timedelta
from typing import Final

from autotennis import signals
from autotennis.canary import health_of
from autotennis.domain.club_health import look_through_at
from autotennis.events import CanaryDue
from autotennis.ports import Ports

# Where the club could not be asked, or an opening was near, it is tried again after this.
_AGAIN: Final = timedelta(minutes=30)


class Canaries:
    """Tells the booker when a club is to be looked through."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    def tell_due(self) -> None:
        """Publishes CanaryDue for each club that was not looked through since its time of the day."""
        now = self._ports.clock.now()
        for club_id, club in self._ports.clubs.items():
            health = health_of(self._ports, club_id)
            if health:
                signals.pages_stand(club_id, signals.age_s(health.read_at, now), len(health.changed))
            is_due = health is None or health.read_at < look_through_at(club_id, club.rules.zone, now)
            if is_due and self._ports.store.tally(f"canary/{club_id}", now, _AGAIN).count == 1:
                self._ports.bus.publish(CanaryDue(at=now, club_id=club_id))
