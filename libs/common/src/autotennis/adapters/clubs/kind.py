"""A kind of club: what a package offers under the entry points `autotennis.clubs`."""

from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from autotennis.adapters.clubs.limits import Limits
from autotennis.domain.club import ClubRules, OpeningRule, RaceRules, WatchRules
from autotennis.ports import Clock, Club
from autotennis.values import Value

_Rules = TypeVar("_Rules", bound=Value)


class OpensClub(Protocol):
    """Makes the club that the rules describe. Nothing is sent before the first visit."""

    def __call__(self, rules: ClubRules, user_agent: str, clock: Clock, limits: Limits) -> Club:
        """The club; `user_agent` says honestly who we are, with a contact."""
        ...


@dataclass(frozen=True, slots=True)
class ClubKind:
    """Who opens clubs of this kind, and what such sites do and allow: the operator's settings go before that."""

    opens: OpensClub
    race: RaceRules = field(default_factory=RaceRules)
    watch: WatchRules = field(default_factory=WatchRules)
    opening: OpeningRule = field(default_factory=OpeningRule)

    def declared(self, rules: ClubRules) -> ClubRules:
        """The operator's rules, with what such sites allow where the operator says nothing.

        Raises ValidationError for rules that do not fit together.
        """
        filled = {"race": _filled(rules.race, self.race), "watch": _filled(rules.watch, self.watch)}
        return rules.model_copy(update={**filled, "opening": _filled(rules.opening, self.opening)})


def _filled(said: _Rules, declared: _Rules) -> _Rules:
    ours = {name: getattr(said, name) for name in said.model_fields_set}
    return type(said).model_validate({**dict(declared), **ours})
