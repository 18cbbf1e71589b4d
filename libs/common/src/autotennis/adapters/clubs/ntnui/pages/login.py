"""The answer to the login form: status 200 for success and for refusal alike, so only its text tells."""

from typing import Final

from autotennis.adapters.clubs.login import LoginOutcome, LoginPage
from autotennis.adapters.clubs.ntnui.pages.document import Document

# Sent as `Du er n&aring; innlogget som`, and only in answer to the login form (seen in 2023).
_PROOF: Final = "Du er nå innlogget som"
_LONGEST_REASON: Final = 200


def read_login(body: bytes) -> LoginPage:
    """Reads the answer to the login form.

    Accepted is only what has the proof and no mark of a visitor who is logged out; refused is what has such a mark and
    no proof. All else is unclear: it is neither proof nor a reason to tell somebody that a password is wrong.
    """
    page = Document(body)
    if page.says(_PROOF):
        outcome = LoginOutcome.UNCLEAR if page.is_logged_out else LoginOutcome.ACCEPTED
    else:
        outcome = LoginOutcome.REFUSED if page.is_logged_out else LoginOutcome.UNCLEAR
    fingerprint = page.fingerprint if outcome is LoginOutcome.UNCLEAR else ""
    return LoginPage(outcome, _reason(page), fingerprint, page.club_member_id)


def _reason(page: Document) -> str:
    text = "".join(letter for letter in " ".join(page.notices[:1]) if letter.isprintable() and letter not in "<>")
    return text if len(text) <= _LONGEST_REASON else text[: _LONGEST_REASON - 1] + "…"
