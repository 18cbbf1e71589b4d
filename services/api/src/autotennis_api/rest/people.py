"""Who asks, the clubs, and the groups that the member is in."""

from typing import Self

from autotennis.domain.group import Group
from autotennis.domain.token import Scope
from autotennis.values import Instant, Value
from autotennis_api import groups
from autotennis_api.desk import desk, me
from autotennis_api.rest import door
from autotennis_api.rest.answers import ClubTold
from autotennis_api.rest.operations import Operation, operations


class Me(Value):
    """The member whose token was shown, and what that is good for."""

    id: str
    email: str
    language: str
    token_name: str
    scopes: tuple[Scope, ...]
    expires_at: Instant


class Clubs(Value):
    """All clubs."""

    clubs: tuple[ClubTold, ...]


class CompanionTold(Value):
    """Who is in a group, under the name that the others see."""

    member_id: str
    name: str


class GroupTold(Value):
    """A group that the member is in; who is first in `members` goes first where there are too few places."""

    id: str
    name: str
    is_owner: bool
    members: tuple[CompanionTold, ...]

    @classmethod
    def of(cls, group: Group) -> Self:
        """What is told of the group."""
        members = tuple(CompanionTold(member_id=one.member_id, name=one.name) for one in group.members)
        return cls(id=group.id, name=group.name, is_owner=group.owner_id == me().id, members=members)


class Groups(Value):
    """The member's groups."""

    groups: tuple[GroupTold, ...]


@operations.does(Operation("GET", "/me", Scope.READ, Me))
def show_me() -> Me:
    """Whose token this is, what it is good for, and until when."""
    member, token = me(), door.token()
    return Me(
        id=member.id,
        email=member.email,
        language=member.language,
        token_name=token.name,
        scopes=token.scopes,
        expires_at=token.expires_at,
    )


@operations.does(Operation("GET", "/clubs", Scope.READ, Clubs))
def list_clubs() -> Clubs:
    """The clubs that bookings can be made at."""
    told = (ClubTold(id=one.id, name=one.name, zone=one.zone_name, url=one.root) for one in desk().clubs)
    return Clubs(clubs=tuple(told))


@operations.does(Operation("GET", "/groups", Scope.READ, Groups))
def list_groups() -> Groups:
    """The groups that the member is in, the oldest first."""
    return Groups(groups=tuple(GroupTold.of(one) for one in groups.groups_of(desk().ports, me())))


@operations.does(Operation("GET", "/groups/<group_id>", Scope.READ, GroupTold))
def show_group(group_id: str) -> GroupTold:
    """One group, with who is in it. Groups are founded and joined on the pages."""
    return GroupTold.of(groups.one_of(desk().ports, me(), group_id))
