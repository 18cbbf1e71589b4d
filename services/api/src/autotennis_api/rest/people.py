"""Who asks, and the clubs."""

from autotennis.domain.token import Scope
from autotennis.values import Instant, Value
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
