"""Which client reads which club."""

from typing import Final, Protocol

from autotennis.adapters.clubs.limits import Limits
from autotennis.adapters.clubs.ntnui.client import NtnuiClub
from autotennis.domain.club import ClubRules
from autotennis.errors import BadSettings
from autotennis.ports import Clock, Club


class _OpensClub(Protocol):
    def __call__(self, rules: ClubRules, user_agent: str, clock: Clock, limits: Limits) -> Club: ...


_KINDS: Final[dict[str, _OpensClub]] = {"ntnui": NtnuiClub}


def open_club(rules: ClubRules, user_agent: str, clock: Clock, limits: Limits | None = None) -> Club:
    """The club that the rules describe, read by the client of its kind.

    `user_agent` says honestly who we are, with a contact. Nothing is sent before the first visit. Raises BadSettings
    for a kind that no client reads.
    """
    opens = _KINDS.get(rules.kind)
    if opens is None:
        known = ", ".join(repr(kind) for kind in sorted(_KINDS))
        raise BadSettings(
            f"The club {rules.id!r} is of kind {rules.kind!r}, which nobody can read. Known kinds: {known}."
        )
    return opens(rules, user_agent, clock, limits or Limits())
