"""By whose clock on the wall somebody is told."""

from zoneinfo import ZoneInfo

from autotennis.events import Event
from autotennis.ports import Ports


def zone_of(ports: Ports, fact: Event) -> ZoneInfo:
    """The club's; that of any club where the fact is about none, or about one that is not in the settings."""
    club = ports.clubs.get(getattr(fact, "club_id", "")) or next(iter(ports.clubs.values()), None)
    return club.rules.zone if club else ZoneInfo("UTC")
