"""Pauses as the pages see them: what members are told, and what is not asked of a club meanwhile."""

import structlog

from autotennis.domain.member import Member
from autotennis.domain.pause import Pause, PauseScope
from autotennis.errors import AutotennisError, ClubUnreachable
from autotennis.ports import Ports

_log = structlog.get_logger()


def told(ports: Ports, member: Member | None) -> Pause | None:
    """The pause that a member is told of: of everything, of a club that there is, or of their own."""
    if member is None:
        return None
    try:
        pauses = ports.store.pauses()
    except AutotennisError:
        # A page that says that the store is away must not fail for the same reason.
        _log.warning("the store does not say what is paused", exc_info=True)
        return None
    found = (pauses.of(club_id, member.id) for club_id in ports.clubs)
    return next((one for one in found if one), None)


def refuse_while_paused(ports: Ports, club_id: str, member_id: str = "") -> None:
    """Raises ClubUnreachable while an operator's pause forbids to ask this club for this member."""
    if pause := ports.store.pauses().of(club_id, member_id):
        what = "everything" if pause.scope is PauseScope.ALL else f"this {pause.scope.value}"
        raise ClubUnreachable(f"Nothing is asked of the club: {what} is paused.")
