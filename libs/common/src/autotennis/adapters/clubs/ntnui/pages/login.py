"""The answer to the login form: status 200 for success and for refusal alike, so only its text tells."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from autotennis.adapters.clubs.ntnui.pages.document import Document

# Sent as `Du er n&aring; innlogget som`, and only in answer to the login form (seen in 2023).
_PROOF: Final = "Du er nå innlogget som"
_LONGEST_REASON: Final = 200


class LoginOutcome(StrEnum):
    """What became of a login."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class LoginPage:
    """What the answer says. `reason` is the club's own words about a refusal: plain text, empty if it gave none."""

    outcome: LoginOutcome
    reason: str
    fingerprint: str
    club_member_id: int | None


def read_login(body: bytes) -> LoginPage:
    """Reads the answer to the login form.

    Accepted is only what has the proof and no mark of a visitor who is logged out; refused is what has such a mark and
    no proof. All else is unclear: it is neither proof nor a reason to tell somebody that a password is wrong.
    """
    page = Document(body)
    proven = _PROOF in " ".join(page.all_lines())
    if proven:
        outcome = LoginOutcome.UNCLEAR if page.is_logged_out else LoginOutcome.ACCEPTED
    else:
        outcome = LoginOutcome.REFUSED if page.is_logged_out else LoginOutcome.UNCLEAR
    return LoginPage(outcome, _reason(page), page.fingerprint, page.club_member_id)


def _reason(page: Document) -> str:
    text = "".join(letter for letter in " ".join(page.notices[:1]) if letter.isprintable() and letter not in "<>")
    return text if len(text) <= _LONGEST_REASON else text[: _LONGEST_REASON - 1] + "…"
