"""What is said of a check that complained."""

import pytest
from support.records import NOW, OPENING, a_request, claimed, scheduled

from autotennis.domain.checks import Checked, Finding
from autotennis.values import Failure, FailureReason
from autotennis_api import check_words
from autotennis_api.agenda import Mend


def complaint(reason: FailureReason) -> Checked:
    booking = scheduled(a_request(opening_at=OPENING)[0])[0]
    checked = booking.was_checked(Finding(failure=Failure(reason=reason)), NOW)[0].checked
    assert checked
    return checked


@pytest.mark.parametrize("reason", FailureReason)
def test_nothing_that_a_check_may_find_is_without_advice(reason: FailureReason) -> None:
    assert check_words.advice(complaint(reason))
    assert Mend.AGAIN not in check_words.mends(complaint(reason)), "it is still to be raced for"


def test_a_refused_login_is_mended_first() -> None:
    assert check_words.mends(complaint(FailureReason.LOGIN_REFUSED)) == (Mend.PASSWORD,)


def test_a_booking_that_is_raced_for_has_no_complaint() -> None:
    booking = scheduled(a_request()[0])[0]
    complained = booking.was_checked(Finding(failure=Failure(reason=FailureReason.NO_SESSION)), NOW)[0]
    assert check_words.complaint_of(complained) == complained.checked
    assert check_words.complaint_of(claimed(complained)[0]) is None
    assert check_words.complaint_of(booking) is None
