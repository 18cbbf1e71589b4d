"""What the pages do with groups, free of Flask: found, show, join, leave, share, put in order, remove, invite anew."""

import hmac
from collections.abc import Callable, Sequence
from typing import Final

import structlog

from autotennis.domain.group import Companion, Group, founded
from autotennis.domain.member import Member
from autotennis.errors import NotFound, Permanent
from autotennis.ports import Ports

# A member is in so many groups at most: each is shown whenever they book.
MOST_GROUPS: Final = 20
_log = structlog.get_logger()


class TooManyGroups(Permanent):
    """The member is in as many groups as there may be."""


class NameTaken(Permanent):
    """Somebody in the group has this name already."""


class NotOwner(Permanent):
    """Only the group's owner may do that."""


def groups_of(ports: Ports, member: Member) -> Sequence[Group]:
    """The member's groups, the oldest first."""
    return ports.store.groups_of(member.id)


def one_of(ports: Ports, member: Member, group_id: str) -> Group:
    """A group that the member is in. Raises NotFound, also for others: nobody learns that they exist."""
    return _as_companion(ports.store.group(group_id), member)


def _as_companion(group: Group, member: Member) -> Group:
    if group.companion(member.id) is None:
        raise NotFound("There is no such group.")
    return group


def found(ports: Ports, member: Member, name: str, called: str) -> Group:
    """A new group of the member's, who is `called` so in it. Raises TooManyGroups."""
    _refuse_too_many(ports, member)
    founder = Companion(member_id=member.id, name=called, since=ports.clock.now())
    group = founded(ports.ids.new(), name, founder, ports.ids.new())
    ports.store.add_group(group)
    _log.info("group founded", group_id=group.id)
    return group


def _refuse_too_many(ports: Ports, member: Member) -> None:
    if len(ports.store.groups_of(member.id)) >= MOST_GROUPS:
        raise TooManyGroups(f"The member is in {MOST_GROUPS} groups.")


def invited_to(ports: Ports, group_id: str, invitation: str) -> Group:
    """The group that this is the invitation to. Raises NotFound, whatever is wrong with it."""
    return _as_invited(ports.store.group(group_id), invitation)


def _as_invited(group: Group, invitation: str) -> Group:
    if not group.members or not hmac.compare_digest(group.invitation.encode(), invitation.encode()):
        raise NotFound("There is no such group.")
    return group


def join(ports: Ports, member: Member, group_id: str, invitation: str, called: str) -> Group:
    """The member agrees to be booked for by everybody in the group.

    Raises NotFound if this is not its invitation, Stale if they are in it, IllegalMove if it is full, NameTaken,
    TooManyGroups.
    """
    _refuse_too_many(ports, member)
    now = ports.clock.now()

    def admitted(it: Group) -> Group:
        changed = _as_invited(it, invitation).joined(member.id, called, now)
        if any(one.name.casefold() == called.casefold() for one in it.members):
            raise NameTaken("Somebody in the group has this name.")
        return changed

    group = ports.store.change_group(group_id, admitted)
    _log.info("group joined", group_id=group_id)
    return group


def leave(ports: Ports, member: Member, group_id: str) -> Group:
    """The member is booked for no more. Raises NotFound."""
    now = ports.clock.now()
    return ports.store.change_group(group_id, lambda it: _as_companion(it, member).left(member.id, now))


def share(ports: Ports, member: Member, group_id: str, *, shares: bool) -> Group:
    """The others see which sessions the member is going to, or no more. Raises NotFound, Stale if that is so."""
    now = ports.clock.now()
    return ports.store.change_group(
        group_id, lambda it: _as_companion(it, member).shared(member.id, now, shares=shares)
    )


def remove(ports: Ports, owner: Member, group_id: str, member_id: str) -> Group:
    """That one is booked for no more. Raises NotFound, NotOwner, Stale if they are not in it any more."""
    now = ports.clock.now()
    return _changed_by_owner(ports, owner, group_id, lambda it: it.left(member_id, now))


def move_up(ports: Ports, owner: Member, group_id: str, member_id: str) -> Group:
    """That one goes before who went before them. Raises NotFound, NotOwner, Stale if nobody did."""
    now = ports.clock.now()
    return _changed_by_owner(ports, owner, group_id, lambda it: it.moved_up(member_id, now))


def invite_anew(ports: Ports, owner: Member, group_id: str) -> Group:
    """Earlier links lead nowhere any more. Raises NotFound, NotOwner."""
    now, invitation = ports.clock.now(), ports.ids.new()
    return _changed_by_owner(ports, owner, group_id, lambda it: it.invited_anew(invitation, now))


def _changed_by_owner(ports: Ports, owner: Member, group_id: str, change: Callable[[Group], Group]) -> Group:
    def changed(it: Group) -> Group:
        if _as_companion(it, owner).owner_id != owner.id:
            raise NotOwner("Only the group's owner may do that.")
        return change(it)

    return ports.store.change_group(group_id, changed)
