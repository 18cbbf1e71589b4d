"""Which package reads which kind of club."""

from importlib.metadata import EntryPoint, entry_points
from typing import Final

from pydantic import ValidationError

from autotennis.adapters.clubs.kind import ClubKind
from autotennis.adapters.clubs.limits import Limits
from autotennis.domain.club import ClubRules
from autotennis.errors import BadSettings
from autotennis.ports import Clock, Club

GROUP: Final = "autotennis.clubs"


def kinds() -> dict[str, EntryPoint]:
    """The kinds of clubs that installed packages declare, by name. Nothing of them is imported."""
    return {one.name: one for one in entry_points(group=GROUP)}


def kind_of(name: str, club_id: str = "") -> ClubKind:
    """What reads clubs of that kind. Raises BadSettings for one that nobody reads, or that cannot be imported."""
    found = kinds()
    if name not in found:
        known = ", ".join(repr(kind) for kind in sorted(found))
        raise BadSettings(f"The club {club_id!r} is of kind {name!r}, which nobody can read. Known kinds: {known}.")
    try:
        kind = found[name].load()
    except (ImportError, AttributeError) as error:
        raise BadSettings(f"Clubs of kind {name!r} cannot be read: {found[name].value} is not there.") from error
    if not isinstance(kind, ClubKind):
        raise BadSettings(f"Clubs of kind {name!r} cannot be read: {found[name].value} is no ClubKind.")
    return kind


def open_club(rules: ClubRules, user_agent: str, clock: Clock, limits: Limits | None = None) -> Club:
    """The club that the rules describe, read by the client of its kind.

    `user_agent` says honestly who we are, with a contact. Nothing is sent before the first visit. Raises BadSettings
    for a kind that no client reads, and for rules that do not fit what such sites allow.
    """
    kind = kind_of(rules.kind, rules.id)
    try:
        declared = kind.declared(rules)
    except ValidationError as error:
        raise BadSettings(f"The rules of the club {rules.id!r} do not fit its kind: {_why(error)}.") from None
    return kind.opens(declared, user_agent, clock, limits or Limits())


def _why(error: ValidationError) -> str:
    return "; ".join(one["msg"] for one in error.errors(include_url=False, include_input=False))
