"""Groups: found, list, show, who plays when, join, share, leave."""

from typing import Annotated, Self

from flask import url_for
from pydantic import StringConstraints

from autotennis.domain.booking import State
from autotennis.domain.group import LONGEST_GROUP_NAME, LONGEST_NAME, Group
from autotennis.domain.token import Scope
from autotennis.values import Id, Value
from autotennis_api import group_sessions, groups
from autotennis_api.desk import desk, me
from autotennis_api.group_forms import squeezed
from autotennis_api.group_sessions import GroupSession
from autotennis_api.groups import NotOwner
from autotennis_api.rest.answers import SessionTold
from autotennis_api.rest.operations import Operation, Sent, operations
from autotennis_api.rest.problems import Problem

_GroupName = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_GROUP_NAME)]
_Name = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_NAME)]


class CompanionTold(Value):
    """Who is in a group, under the name that the others see; `shares`: these see which sessions they are going to."""

    member_id: str
    name: str
    shares: bool


class GroupTold(Value):
    """A group that the member is in; who is first in `members` goes first where there are too few places."""

    id: str
    name: str
    is_owner: bool
    members: tuple[CompanionTold, ...]

    @classmethod
    def of(cls, group: Group) -> Self:
        """What is told of the group."""
        members = tuple(
            CompanionTold(member_id=one.member_id, name=one.name, shares=one.shares) for one in group.members
        )
        return cls(id=group.id, name=group.name, is_owner=group.owner_id == me().id, members=members)


class Groups(Value):
    """The member's groups."""

    groups: tuple[GroupTold, ...]


class GoerTold(Value):
    """Who is going to a session, and how their booking stands."""

    member_id: str
    name: str
    state: State


class GroupSessionTold(Value):
    """A session that is still to come, and who is going; `booking_id` is the member's own booking of it, if any."""

    session: SessionTold
    goers: tuple[GoerTold, ...]
    booking_id: str | None

    @classmethod
    def of(cls, one: GroupSession) -> Self:
        """What is told of the session."""
        goers = tuple(
            GoerTold(member_id=goer.companion.member_id, name=goer.companion.name, state=goer.booking.state)
            for goer in one.goers
        )
        session = SessionTold.of(one.club_id, one.session)
        return cls(session=session, goers=goers, booking_id=one.mine and one.mine.id)


class GroupSessions(Value):
    """The sessions that members of the group are going to, the first one first."""

    sessions: tuple[GroupSessionTold, ...]


class Invitation(Value):
    """What lets somebody join the group: for a program, and as the link for a reader."""

    invitation: str
    link: str


class Founding(Sent):
    """A new group, and the name under which its members see who founds it."""

    name: _GroupName
    called: _Name


class Joining(Sent):
    """The invitation, and the name under which the others see who joins."""

    invitation: Id
    called: _Name


class Sharing(Sent):
    """Whether the others in the group see which sessions the member is going to."""

    shares: bool


class Left(Value):
    """The group that the member has left."""

    id: str


def _printed(name: str) -> str:
    """As a page shows it. Raises Problem if it cannot be shown."""
    found = squeezed(name)
    if not found or not found.isprintable():
        raise Problem(422, "bad-name")
    return found


@operations.does(Operation("GET", "/groups", Scope.READ, Groups))
def list_groups() -> Groups:
    """The groups that the member is in, the oldest first."""
    return Groups(groups=tuple(GroupTold.of(one) for one in groups.groups_of(desk().ports, me())))


@operations.does(Operation("POST", "/groups", Scope.BOOK, GroupTold, body=Founding, created="/groups/{id}"))
def found_group(body: Founding) -> GroupTold:
    """Founds a group, whose members may book for each other."""
    return GroupTold.of(groups.found(desk().ports, me(), _printed(body.name), _printed(body.called)))


@operations.does(Operation("GET", "/groups/<group_id>", Scope.READ, GroupTold))
def show_group(group_id: str) -> GroupTold:
    """One group, with who is in it."""
    return GroupTold.of(groups.one_of(desk().ports, me(), group_id))


@operations.does(Operation("GET", "/groups/<group_id>/sessions", Scope.READ, GroupSessions))
def show_group_sessions(group_id: str) -> GroupSessions:
    """Who is going to which session, of those who let the others see it."""
    group = groups.one_of(desk().ports, me(), group_id)
    found = group_sessions.sessions_of(desk().ports, me(), group)
    return GroupSessions(sessions=tuple(GroupSessionTold.of(one) for one in found))


@operations.does(Operation("GET", "/groups/<group_id>/invitation", Scope.BOOK, Invitation))
def show_invitation(group_id: str) -> Invitation:
    """The invitation to the group, for who looks after it.

    Whoever has it can join, and then book for everybody: so a token that only reads does not get it.
    """
    group = groups.one_of(desk().ports, me(), group_id)
    if group.owner_id != me().id:
        raise NotOwner("Only the group's owner may do that.")
    link = url_for("groups.join", group_id=group.id, invitation=group.invitation, _external=True)
    return Invitation(invitation=group.invitation, link=link)


@operations.does(Operation("POST", "/groups/<group_id>/join", Scope.BOOK, GroupTold, body=Joining))
def join_group(group_id: str, body: Joining) -> GroupTold:
    """Joins a group: the member agrees that everybody in it may book for them."""
    return GroupTold.of(groups.join(desk().ports, me(), group_id, body.invitation, _printed(body.called)))


@operations.does(Operation("POST", "/groups/<group_id>/share", Scope.BOOK, GroupTold, body=Sharing))
def share_with_group(group_id: str, body: Sharing) -> GroupTold:
    """Lets the others see which sessions the member is going to, or no more. 409 where that is so already."""
    return GroupTold.of(groups.share(desk().ports, me(), group_id, shares=body.shares))


@operations.does(Operation("POST", "/groups/<group_id>/leave", Scope.CANCEL, Left))
def leave_group(group_id: str) -> Left:
    """Leaves a group: nobody in it can book for the member any more. What is booked stays."""
    return Left(id=groups.leave(desk().ports, me(), group_id).id)
