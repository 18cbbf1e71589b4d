"""The answer to the login form."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.ntnui_pages import LOGGED_IN, LOGGED_OUT, action_link, front_page

from autotennis.adapters.clubs.login import LoginOutcome
from autotennis.adapters.clubs.ntnui.pages.login import read_login

PROOF = "Du er n&aring; innlogget som <b>Åse Ø.</b>"


@pytest.mark.parametrize(
    ("notice", "menu", "outcome"),
    [
        (PROOF, LOGGED_IN, LoginOutcome.ACCEPTED),
        ("Du er nå innlogget som Åse Ø.", LOGGED_IN, LoginOutcome.ACCEPTED),
        ("Du er n&#229;\n innlogget&nbsp;som Åse Ø.", LOGGED_IN, LoginOutcome.ACCEPTED),
        (PROOF, "", LoginOutcome.ACCEPTED),
        (PROOF, LOGGED_OUT, LoginOutcome.UNCLEAR),
        ("Feil PIN-kode.", LOGGED_OUT, LoginOutcome.REFUSED),
        ("", LOGGED_OUT, LoginOutcome.REFUSED),
        ("", LOGGED_IN, LoginOutcome.UNCLEAR),
        ("Vi oppgraderer.", "", LoginOutcome.UNCLEAR),
    ],
)
def test_only_the_proof_is_success_and_only_a_visitors_page_is_refusal(
    notice: str, menu: str, outcome: LoginOutcome
) -> None:
    assert read_login(front_page(notice=notice, menu=menu)).outcome is outcome


def test_the_clubs_reason_is_plain_text_of_bounded_length() -> None:
    reason = "Feil <b>e-post</b> &lt;script&gt; eller p&aring;\x07logging. " + "Se her. " * 100
    page = read_login(front_page(notice=reason, menu=LOGGED_OUT))
    assert page.reason.startswith("Feil e-post script eller pålogging. Se her.")
    assert (len(page.reason), page.reason[-1]) == (200, "…")


def test_the_id_is_read_where_the_page_shows_one() -> None:
    assert read_login(front_page(action_link("fjernvikarid"), notice=PROOF)).club_member_id == 40123


# Hypothesis tries constants of whatever is imported, too, and the practice club knows what proves a login.
@given(st.binary(max_size=300).filter(lambda noise: b"innlogget som" not in noise), st.floats(0, 1))
def test_no_bytes_make_it_raise_or_prove_anything(noise: bytes, where: float) -> None:
    page = front_page(notice="Feil PIN-kode.", menu=LOGGED_OUT)
    at = int(len(page) * where)
    assert read_login(page[:at] + noise + page[at:]).outcome is not LoginOutcome.ACCEPTED
    assert read_login(noise).outcome is not LoginOutcome.ACCEPTED
