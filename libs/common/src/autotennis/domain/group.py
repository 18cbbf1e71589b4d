"""A group: members who agreed that each of them may book for all."""

from datetime import datetime
from typing import Any, Final, Self

from pydantic import Field

from autotennis.errors import IllegalMove, Stale
from autotennis.values import LARGEST_PARTY, NOBODY, Id, Instant, Value

LONGEST_GROUP_NAME: Final = 60
LONGEST_NAME: Final = 40


class Companion(Value):
    """A member of a group, under the name that the others see; `since` then they agree to be booked for.

    `shares` is whether the others see which sessions they are going to.
    """

    member_id: Id
    name: str = Field(min_length=1, max_length=LONGEST_NAME)
    since: Instant
    shares: bool = False


class Group(Value):
    """Members who agreed that each of them may book for all.

    Who comes first in `members` goes first where there are fewer places than members. `invitation` is the secret part
    of the link by which somebody joins. Only the member `owner_id` invites, puts in order and removes; a group without
    members is nobody's any more.
    """

    id: Id
    name: str = Field(min_length=1, max_length=LONGEST_GROUP_NAME)
    owner_id: Id
    invitation: Id = Field(repr=False)
    members: tuple[Companion, ...] = Field(default=(), max_length=LARGEST_PARTY)
    created_at: Instant
    changed_at: Instant

    def companion(self, member_id: str) -> Companion | None:
        """Who that is in the group; None if they are not in it."""
        return next((one for one in self.members if one.member_id == member_id), None)

    def joined(self, member_id: str, name: str, now: datetime) -> Self:
        """Somebody agrees to be booked for. Raises Stale if they have already, IllegalMove if the group is full."""
        if self.companion(member_id):
            raise Stale(f"They are in group {self.id} already.")
        if not self.members or len(self.members) >= LARGEST_PARTY:
            raise IllegalMove(f"Group {self.id} has {len(self.members)} members: nobody can join.")
        return self._with(now, members=(*self.members, Companion(member_id=member_id, name=name, since=now)))

    def left(self, member_id: str, now: datetime) -> Self:
        """They are booked for no more. Where the owner leaves, the group is its first member's. Raises Stale."""
        self._present(member_id)
        rest = tuple(one for one in self.members if one.member_id != member_id)
        heir = rest[0].member_id if rest else NOBODY
        owner_id = heir if member_id == self.owner_id else self.owner_id
        return self._with(now, members=rest, owner_id=owner_id)

    def moved_up(self, member_id: str, now: datetime) -> Self:
        """They go before the one who went before them. Raises Stale if they are the first, or not in the group."""
        place = self.members.index(self._present(member_id))
        if place == 0:
            raise Stale(f"They are the first of group {self.id} already.")
        before, one = self.members[place - 1], self.members[place]
        return self._with(now, members=(*self.members[: place - 1], one, before, *self.members[place + 1 :]))

    def shared(self, member_id: str, now: datetime, *, shares: bool) -> Self:
        """They let the others see which sessions they are going to, or no more. Raises Stale if that is so already."""
        companion = self._present(member_id)
        if companion.shares == shares:
            raise Stale(f"That is so in group {self.id} already.")
        changed = companion.model_copy(update={"shares": shares})
        return self._with(now, members=tuple(changed if one == companion else one for one in self.members))

    def invited_anew(self, invitation: str, now: datetime) -> Self:
        """Earlier links lead nowhere any more."""
        return self._with(now, invitation=invitation)

    def _present(self, member_id: str) -> Companion:
        found = self.companion(member_id)
        if found is None:
            raise Stale(f"They are not in group {self.id}.")
        return found

    def _with(self, now: datetime, **changes: Any) -> Self:
        """A changed copy that is checked like a new one."""
        return type(self).model_validate({**dict(self), **changes, "changed_at": now})


def founded(group_id: str, name: str, founder: Companion, invitation: str) -> Group:
    """A new group, of its founder alone."""
    return Group(
        id=group_id,
        name=name,
        owner_id=founder.member_id,
        invitation=invitation,
        members=(founder,),
        created_at=founder.since,
        changed_at=founder.since,
    )
