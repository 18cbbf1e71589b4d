"""What became of a login, as every kind of club tells it."""

from dataclasses import dataclass
from enum import StrEnum


class LoginOutcome(StrEnum):
    """What became of a login."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class LoginPage:
    """What the answer says. `reason` is the club's own words about a refusal: plain text, empty if it gave none.

    The fingerprint is that of an answer that is unclear, and empty for others: a crowd logs in before an opening, and
    to make it takes longer than all the rest.
    """

    outcome: LoginOutcome
    reason: str = ""
    fingerprint: str = ""
    club_member_id: int | None = None
