"""Pasted links, free of Flask: the club and the session that one leads to."""

from autotennis.domain.member import Member
from autotennis.errors import NotFound
from autotennis.links import parse_link
from autotennis.ports import Club, Ports
from autotennis.values import Pointer, Session
from autotennis_api import club_errands, pauses
from autotennis_api.handlers import UnknownSession
from autotennis_api.tries import Rule, Tries


def pasted(ports: Ports, tries: Tries, member: Member, text: str, limit_s: float) -> tuple[Club, Session]:
    """The club and the session; where a link does not tell the session's start, its page is asked, for so long (s).

    Raises BadLink, UnknownSession, TooManyTries, PageNotUnderstood, and ClubBusy or ClubUnreachable where the club does
    not tell.
    """
    club, found = parse_link(text, ports.clubs.values())
    if isinstance(found, Session):
        return club, found
    tries.count(Rule.LOOK_OF_MEMBER, member.id)
    return club, _found(ports, tries, club, found, limit_s)


def _found(ports: Ports, tries: Tries, club: Club, pointer: Pointer, limit_s: float) -> Session:
    pauses.refuse_while_paused(ports, club.rules.id)
    try:
        with tries.room.waiting_for(club):
            return club_errands.find(club, pointer, limit_s)
    except NotFound:
        raise UnknownSession(f"{club.rules.name} knows no session at that link.") from None
