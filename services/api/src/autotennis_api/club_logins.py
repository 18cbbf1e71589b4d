"""How the member's login at each club is: when the club last took it, and since when it does not.

Nothing is noted for this: a booking's timeline has each login with the club's verdict, and the account has when the
login was entered.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from autotennis.domain.booking import Booking
from autotennis.domain.club import ClubRules
from autotennis.domain.member import Member
from autotennis.errors import Permanent, VaultLocked
from autotennis.member_secrets import credentials_of, was_refused
from autotennis.ports import Ports, Vault
from autotennis.values import Action, VerdictKind


class NoClubLogin(Permanent):
    """The member has entered no login for this club yet, so nobody can be signed up there."""

    def __init__(self, club: ClubRules) -> None:
        super().__init__(f"There is no login for {club.name}.")
        self.club = club


@dataclass(frozen=True, slots=True)
class ClubLogin:
    """The login at one club. Instants are None where nobody knows."""

    club: ClubRules
    is_kept: bool
    is_refused: bool
    proven_at: datetime | None
    refused_since: datetime | None


def email_at(vault: Vault, member: Member, club_id: str) -> str:
    """By which address the club knows the member, as far as they have told: else that of the account."""
    try:
        kept = credentials_of(vault, member.id, club_id)
    except VaultLocked:
        kept = None
    return kept.email if kept else member.email


def check_entered(ports: Ports, member: Member, club: ClubRules) -> None:
    """Raises NoClubLogin unless a login for the club was entered; whether the club takes it is another matter."""
    try:
        if credentials_of(ports.vault, member.id, club.id) is None:
            raise NoClubLogin(club)
    except VaultLocked:
        return  # there is one


def logins_of(ports: Ports, member: Member) -> Sequence[ClubLogin]:
    """The member's login at each club."""
    bookings = ports.store.bookings_of(member.id)
    return [_login(ports, member, club.rules, bookings) for club in ports.clubs.values()]


def _login(ports: Ports, member: Member, club: ClubRules, bookings: Sequence[Booking]) -> ClubLogin:
    try:
        is_kept = credentials_of(ports.vault, member.id, club.id) is not None
        is_refused = is_kept and was_refused(ports.vault, member.id, club.id)
    except VaultLocked:
        is_kept = is_refused = False
    there = [one for one in bookings if one.club_id == club.id]
    entered = member.proven_at.get(club.id)
    accepted = [*_said(there, VerdictKind.LOGGED_IN), *([entered] if entered else [])]
    proven = max(accepted) if accepted else None
    refusals = [at for at in _said(there, VerdictKind.REFUSED) if proven is None or at > proven]
    return ClubLogin(club, is_kept, is_refused, proven, min(refusals) if is_refused and refusals else None)


def _said(bookings: Sequence[Booking], verdict: VerdictKind) -> Sequence[datetime]:
    """When the club said that of a login."""
    return [
        booking.opening_at + timedelta(milliseconds=attempt.sent_ms)
        for booking in bookings
        for attempt in booking.timeline
        if attempt.action is Action.LOG_IN and attempt.verdict.kind is verdict
    ]
