"""What a new login does for bookings whose check complained of the old one."""

from autotennis.checking import have_checked
from autotennis.ports import Ports


def check_with_new_login(ports: Ports, member_id: str, club_id: str) -> None:
    """Has those of the member checked again at once that the club would not have let in."""
    now = ports.clock.now()
    mended = [one for one in ports.store.bookings_of(member_id) if one.club_id == club_id and one.needs_a_login]
    if mended:
        have_checked(ports, mended[:100], lambda found, due: found.checked_anew(due, now))
