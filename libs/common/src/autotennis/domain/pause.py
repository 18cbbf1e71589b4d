"""Pauses: while one lasts, nothing is asked of the club for what it is about. Places are given back all the same."""

from enum import StrEnum
from typing import Final, Self

from pydantic import Field

from autotennis.errors import Permanent
from autotennis.values import Id, Instant, Value

# So many may last at once: whoever needs more pauses everything.
MOST_PAUSES: Final = 50


class PauseScope(StrEnum):
    """What a pause is about."""

    ALL = "all"
    CLUB = "club"
    MEMBER = "member"


class TooManyPauses(Permanent):
    """There are as many pauses as there may be."""


class Pause(Value):
    """An operator's order to leave something alone: everything, one club or one member (`about`, empty for all).

    Members read the `reason`. `by` is the operator's account.
    """

    scope: PauseScope
    about: str = Field(default="", max_length=64)
    reason: str = Field(min_length=1, max_length=200)
    at: Instant
    by: Id

    @property
    def key(self) -> str:
        """What it is about, in one word: there is one pause of it at most."""
        return f"{self.scope.value}/{self.about}"


class Pauses(Value):
    """All that are in force."""

    pauses: tuple[Pause, ...] = ()

    def begun(self, pause: Pause) -> Self:
        """With this one, in place of an earlier one about the same. Raises TooManyPauses."""
        others = tuple(one for one in self.pauses if one.key != pause.key)
        if len(others) >= MOST_PAUSES:
            raise TooManyPauses(f"There are {MOST_PAUSES} pauses: end one first, or pause everything.")
        return self.model_copy(update={"pauses": (*others, pause)})

    def ended(self, key: str) -> Self:
        """Without the one of this key. Harmless if there is none."""
        return self.model_copy(update={"pauses": tuple(one for one in self.pauses if one.key != key)})

    def of(self, club_id: str, member_id: str = "") -> Pause | None:
        """What pauses this member at this club, the widest first; without a member, what pauses the club for all."""
        keys = [f"{PauseScope.ALL.value}/", f"{PauseScope.CLUB.value}/{club_id}"]
        keys += [f"{PauseScope.MEMBER.value}/{member_id}"] if member_id else []
        by_key = {one.key: one for one in self.pauses}
        return next((by_key[key] for key in keys if key in by_key), None)
