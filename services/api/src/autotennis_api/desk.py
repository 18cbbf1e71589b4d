"""What a page finds on its desk: the ports, the accounts, and who is asking."""

from dataclasses import dataclass
from typing import Final, cast

from flask import current_app, g

from autotennis.domain.club import ClubRules
from autotennis.domain.member import Member
from autotennis.ports import Ports
from autotennis.turns import Turns
from autotennis_api import clubs
from autotennis_api.accounts import Accounts
from autotennis_api.settings import ApiSettings
from autotennis_api.tries import Tries

EXTENSION: Final = "autotennis"


@dataclass(frozen=True, slots=True)
class Desk:
    """What every page works with. One for each application."""

    ports: Ports
    settings: ApiSettings
    tries: Tries
    accounts: Accounts
    turns: Turns

    @property
    def clubs(self) -> tuple[ClubRules, ...]:
        """All clubs, in the operator's order."""
        return tuple(club.rules for club in self.ports.clubs.values())

    def rules_of(self, club_id: str) -> ClubRules:
        """The club, or a stand-in for one that is not in the settings any more."""
        return clubs.rules_of(self.ports, club_id)


def desk() -> Desk:
    """This application's desk."""
    return cast("Desk", current_app.extensions[EXTENSION])


def caller() -> Member | None:
    """The member who is signed in, if anybody is."""
    return cast("Member | None", g.get("member"))


def me() -> Member:
    """The member who is signed in, on a page that only members reach."""
    member = caller()
    if member is None:
        raise LookupError("a page for members was reached by nobody")
    return member
