"""Who in a group is going to which session, free of Flask: of those who let the others see it, and of them alone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from autotennis.domain.booking import Booking
from autotennis.domain.group import Companion, Group
from autotennis.domain.member import Member
from autotennis.domain.session import starts_at
from autotennis.ports import Ports
from autotennis.values import Session
from autotennis_api import standing


@dataclass(frozen=True, slots=True)
class Goer:
    """Who is going, and the booking that says how sure that is: nothing of it but its state is for the others."""

    companion: Companion
    booking: Booking


@dataclass(frozen=True, slots=True)
class GroupSession:
    """A session that is still to come, and those who are in, wait or are planned: in the order of the group.

    `mine` is the reader's own booking of it, whether or not they share: None if they are not going.
    """

    club_id: str
    session: Session
    goers: Sequence[Goer]
    mine: Booking | None


def sessions_of(ports: Ports, reader: Member, group: Group) -> Sequence[GroupSession]:
    """The sessions that the members who share are going to, the first one first."""
    found: dict[tuple[str, str], list[Goer]] = {}
    for goer in _goers(ports, group):
        found.setdefault(_key(goer.booking), []).append(goer)
    mine = {_key(one): one for one in _coming(ports, reader.id)} if found else {}
    sessions = [GroupSession(key[0], goers[0].booking.session, goers, mine.get(key)) for key, goers in found.items()]
    return sorted(sessions, key=lambda one: (one.session.start, one.club_id))


def _key(booking: Booking) -> tuple[str, str]:
    return booking.club_id, booking.session.key


def _goers(ports: Ports, group: Group) -> Iterator[Goer]:
    for companion in group.members:
        if companion.shares:
            yield from (Goer(companion, one) for one in _coming(ports, companion.member_id))


def _coming(ports: Ports, member_id: str) -> Sequence[Booking]:
    now = ports.clock.now()
    return [one for one in ports.store.bookings_of(member_id) if _is_coming(ports, one, now)]


def _is_coming(ports: Ports, booking: Booking, now: datetime) -> bool:
    club = ports.clubs.get(booking.club_id)
    is_wished = standing.has_place(booking) or standing.may_be_cancelled(booking)
    return is_wished and club is not None and now < starts_at(booking.session, club.rules.zone)
