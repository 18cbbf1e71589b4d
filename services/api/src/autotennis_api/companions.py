"""Members who go together, free of Flask: who may be booked for, who cannot be, and how they stand."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from autotennis.domain.booking import Booking
from autotennis.domain.group import Companion, Group
from autotennis.domain.member import Credentials, Member
from autotennis.errors import IllegalMove, NotFound, Permanent
from autotennis.member_secrets import usable_credentials
from autotennis.ports import Ports
from autotennis.values import Party
from autotennis_api import handlers, standing
from autotennis_api.handlers import Preview


class NotOfMyGroups(Permanent):
    """Somebody is in no group of the member's, or not in it any more."""


class SeveralGroups(Permanent):
    """No group has all of them in it: nothing says who goes first."""


class NoLogin(Permanent):
    """Some of them have no login for the club that can be used: `names`."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__("Somebody has no login for the club.")
        self.names = names


class TooFewPlaces(Permanent):
    """All are to go or nobody, and of the session's places only `free` are left."""

    def __init__(self, free: int) -> None:
        super().__init__(f"Only {free} places are free.")
        self.free = free


@dataclass(frozen=True, slots=True)
class Circle:
    """A group of the reader's, and who else is in it."""

    group: Group
    others: Sequence[Companion]


def circles(ports: Ports, member: Member) -> Sequence[Circle]:
    """The member's groups with somebody else in them."""
    found = [
        Circle(group, [one for one in group.members if one.member_id != member.id])
        for group in ports.store.groups_of(member.id)
    ]
    return [one for one in found if one.others]


def going(ports: Ports, member: Member, asked: Collection[str]) -> Sequence[Companion]:
    """The member and those whom they ask for, who goes first first. Raises NotOfMyGroups, SeveralGroups."""
    wanted, groups = {member.id, *asked}, ports.store.groups_of(member.id)
    if wanted - {one.member_id for group in groups for one in group.members}:
        raise NotOfMyGroups("Somebody is in no group of the member's.")
    for group in groups:
        found = [one for one in group.members if one.member_id in wanted]
        if len(found) == len(wanted):
            return found
    raise SeveralGroups("No group has all of them in it.")


def booked_already(ports: Ports, shown: Preview, companions: Sequence[Companion]) -> Sequence[Companion]:
    """Those of them who have a live booking of the session."""
    return [one for one in companions if handlers.live_booking(ports, one.member_id, shown.club.id, shown.session)]


def check(ports: Ports, shown: Preview, companions: Sequence[Companion], *, all_or_none: bool) -> None:
    """Raises NoLogin or TooFewPlaces if it is known already that they cannot go."""
    without = [one.name for one in companions if not _has_login(ports, one.member_id, shown.club.id)]
    if without:
        raise NoLogin(without)
    free = shown.page.verdict.free if shown.is_open and shown.page else None
    if all_or_none and free is not None and free < len(companions):
        raise TooFewPlaces(free)


def _has_login(ports: Ports, member_id: str, club_id: str) -> bool:
    return isinstance(usable_credentials(ports.vault, member_id, club_id), Credentials)


@dataclass(frozen=True, slots=True)
class Fellow:
    """One of those who go together, as the others see them: `name` is None for who is in no common group any more."""

    name: str | None
    booking: Booking
    is_reader: bool


@dataclass(frozen=True, slots=True)
class Company:
    """Those who go together, in their order; `asked_by` is who asked for it: None if nobody knows their name."""

    fellows: Sequence[Fellow]
    asked_by: str | None
    is_mine: bool
    all_or_none: bool


def company(ports: Ports, booking: Booking, bound: Sequence[Booking]) -> Company | None:
    """Those with whom the booking's member goes; None if they go alone."""
    if not isinstance(booking.bond, Party):
        return None
    names = _names(ports, booking.member_id)
    fellows = [Fellow(names.get(one.member_id), one, is_reader=one.member_id == booking.member_id) for one in bound]
    is_mine = booking.bond.asked_by == booking.member_id
    return Company(fellows, names.get(booking.bond.asked_by), is_mine, booking.bond.all_or_none)


def _names(ports: Ports, member_id: str) -> dict[str, str]:
    """What those are called who are in a group with the member. Of several names, the one of the oldest group."""
    return {one.member_id: one.name for group in reversed(ports.store.groups_of(member_id)) for one in group.members}


def others_to_cancel(ports: Ports, member: Member, booking: Booking) -> Sequence[Booking]:
    """What others have in hand because the member asked for all of them, as far as it is not won yet.

    Who is in no group with the member any more does not want to be acted for.
    """
    bond = booking.bond
    if not isinstance(bond, Party) or bond.asked_by != member.id:
        return []
    others = _names(ports, member.id).keys() - {member.id}
    return [one for one in ports.store.bound(bond.id) if one.member_id in others and standing.may_be_cancelled(one)]


def cancel_for_others(ports: Ports, member: Member, booking: Booking) -> int:
    """Cancels what the member asked for the others; gives how many bookings that were."""
    cancelled = 0
    for one in others_to_cancel(ports, member, booking):
        try:
            handlers.cancel(ports, ports.store.member(one.member_id), one.id)
        except (IllegalMove, NotFound):
            continue  # it was won meanwhile, or its member is gone
        cancelled += 1
    return cancelled
