"""How the clubs' pages are, for those whom it concerns: members are warned, operators are shown what has changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import structlog

from autotennis.canary import health_of
from autotennis.domain.audit import DeedKind
from autotennis.domain.club import ClubRules
from autotennis.domain.club_health import ClubHealth, PageTrouble, Unread
from autotennis.domain.member import Member
from autotennis.errors import AutotennisError, NotFound
from autotennis.events import CanaryDue
from autotennis.ports import Ports
from autotennis.values import PageKind
from autotennis_api import operating
from autotennis_api.texts import lazy_gettext

PAGES: Final[Mapping[PageKind, str]] = {
    PageKind.FREE_PLACES: lazy_gettext("The list of free places"),
    PageKind.TIMETABLE: lazy_gettext("The timetable"),
    PageKind.SESSION: lazy_gettext("A session's page for visitors"),
    PageKind.LOG_IN: lazy_gettext("The answer to a login"),
    PageKind.SESSION_LOGGED_IN: lazy_gettext("A session's page for members"),
}
TROUBLES: Final[Mapping[PageTrouble, str]] = {
    PageTrouble.NO_FREE_LIST: lazy_gettext("it has no list of free places"),
    PageTrouble.NO_TIMETABLE: lazy_gettext("it has no timetable"),
    PageTrouble.NO_CELLS: lazy_gettext("it links to sessions, but the timetable's cells are not understood"),
    PageTrouble.NO_SESSION: lazy_gettext("it has no day and time where they used to be"),
    PageTrouble.NO_VERDICT: lazy_gettext("it does not say how the session stands"),
    PageTrouble.NO_PROOF: lazy_gettext("it is neither proof nor refusal"),
    PageTrouble.NO_PAGE: lazy_gettext("the club answered with something else than its page"),
}
UNREAD: Final[Mapping[Unread, str]] = {
    Unread.NO_LOGIN: lazy_gettext(
        "The pages behind the login were not read: no operator has entered a login at this club, or it was refused."
    ),
    Unread.LOGIN_REFUSED: lazy_gettext(
        "The pages behind the login were not read: the club refused the operator's e-mail and password."
    ),
    Unread.NO_SESSION: lazy_gettext("No session's page was read: the timetable shows none."),
}
EXTENSION: Final = "autotennis-changed-pages"
_GOOD_S: Final = 300.0
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Looked:
    """A club, and how its pages were; None if nobody has looked."""

    club: ClubRules
    health: ClubHealth | None


def all_looked(ports: Ports) -> list[Looked]:
    """Each club and how its pages are, for the console."""
    return [Looked(club.rules, health_of(ports, club_id)) for club_id, club in ports.clubs.items()]


class ChangedPages:
    """Knows at which clubs bookings may fail since pages are not understood.

    Every page of ours asks for it, so what was read is good for some minutes.
    """

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._known: dict[str, tuple[float, bool]] = {}

    def at(self, club_id: str) -> bool:
        """Whether pages of the club are not understood."""
        now_s = self._ports.clock.monotonic_s()
        read_s, found = self._known.get(club_id, (float("-inf"), False))
        if now_s - read_s >= _GOOD_S:
            found = _have_changed(self._ports, club_id)
            self._known[club_id] = now_s, found
        return found


def _have_changed(ports: Ports, club_id: str) -> bool:
    try:
        health = health_of(ports, club_id)
    except AutotennisError:
        # A warning that cannot be read must not cost the page.
        _log.warning("the store does not say how the club's pages are", exc_info=True)
        return False
    return bool(health and health.changed)


def look_through(ports: Ports, operator: Member, club_id: str) -> None:
    """Has the club's pages looked through at once. Raises NotFound if there is no such club."""
    if club_id not in ports.clubs:
        raise NotFound("There is no such club.")
    operating.note(ports, operator, DeedKind.LOOKED_THROUGH, club_id)
    ports.bus.publish(CanaryDue(at=ports.clock.now(), club_id=club_id))
