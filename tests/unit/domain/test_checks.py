"""When bookings are checked before their openings, and what a check does to them."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.records import CLUB, NOW, OPENING, SESSION, a_request, claimed, scheduled

from autotennis.domain.booking import Booking
from autotennis.domain.checks import Checked, CheckRules, Finding, check_after, check_instants, finding, moved
from autotennis.domain.club import NTNUI_TENNIS
from autotennis.domain.opening import opening_of
from autotennis.errors import Stale
from autotennis.events import CheckDue, CheckFailed
from autotennis.values import Failure, FailureReason, Session, Verdict, VerdictKind

RULES = CheckRules()
HOUR = timedelta(hours=1)
REFUSED = Finding(failure=Failure(reason=FailureReason.LOGIN_REFUSED))
MEMBERS = [f"member-{number}" for number in range(200)]
DUE = CheckDue(at=NOW, club_id=CLUB, booking_ids=("b-1",))


def planned(opening_at: datetime = OPENING + 30 * HOUR, now: datetime = NOW) -> Booking:
    """A booking that opens then, and whose first check is planned."""
    return a_request(opening_at=opening_at, now=now)[0].wake_planned(now, RULES)[0]


@given(st.text("abc019", min_size=1, max_size=20), st.datetimes(timezones=st.just(UTC), min_value=datetime(2020, 1, 1)))
def test_checks_are_made_within_the_hour_before_their_time(member_id: str, opening_at: datetime) -> None:
    early, late = check_instants(opening_at, member_id, RULES)
    assert opening_at - 25 * HOUR <= early <= opening_at - 24 * HOUR
    assert opening_at - 5 * HOUR <= late <= opening_at - 4 * HOUR
    assert check_instants(opening_at, member_id, RULES) == [early, late], "it is always the same"


def test_members_are_spread_evenly() -> None:
    minutes = [(check_instants(OPENING, one, RULES)[0] - (OPENING - 25 * HOUR)).total_seconds() / 60 for one in MEMBERS]
    for tenth in range(6):
        within = [one for one in minutes if 10 * tenth <= one < 10 * (tenth + 1)]
        assert 15 <= len(within) <= 60, f"{len(within)} of {len(minutes)} in ten minutes of the hour"


def test_what_is_left_of_the_checks_depends_on_when_it_was_wished_for() -> None:
    early, late = check_instants(OPENING, "m-1", RULES)
    assert check_after(OPENING - 30 * HOUR, OPENING, "m-1", RULES) == early
    assert check_after(OPENING - 23 * HOUR, OPENING, "m-1", RULES) == late
    assert check_after(late, OPENING, "m-1", RULES) is None
    assert check_after(OPENING - timedelta(minutes=10), OPENING, "m-1", RULES) is None


def test_no_check_is_planned_when_the_club_is_left_alone() -> None:
    soon = CheckRules(hours_before=(0.02,), spread_min=0, quiet_min=3)
    assert check_after(NOW, NOW + HOUR, "m-1", soon) is None
    assert check_after(NOW, NOW + HOUR, "m-1", soon.model_copy(update={"quiet_min": 0.0})) is not None


@pytest.mark.parametrize("start", [datetime(2026, 10, 26, 18, 0), datetime(2027, 3, 29, 18, 0)])
def test_hours_are_hours_when_the_clocks_change(start: datetime) -> None:
    opening_at = opening_of(Session(timeid=194, start=start), NTNUI_TENNIS)
    early, late = check_instants(opening_at, "m-1", CheckRules(spread_min=0))
    assert (opening_at - early, opening_at - late) == (24 * HOUR, 4 * HOUR)


def test_handing_a_check_over_plans_the_next_one_and_happens_once() -> None:
    booking = planned()
    first = booking.check_at
    assert first
    handed, facts = booking.check_handed_over(DUE, first, RULES, first)
    assert facts == (DUE,)
    assert handed.check_at == check_instants(booking.opening_at, "m-1", RULES)[1]
    with pytest.raises(Stale):
        handed.check_handed_over(DUE, first, RULES, first)


def test_a_check_that_is_made_early_is_not_made_again_at_its_time() -> None:
    booking = planned()
    first = booking.check_at
    assert first
    handed, facts = booking.check_handed_over(None, first, RULES, first - HOUR / 2)
    assert facts == ()
    assert handed.check_at == check_instants(booking.opening_at, "m-1", RULES)[1]


def test_a_booking_that_is_raced_for_is_not_to_be_checked() -> None:
    booking = planned()
    assert booking.to_check_at == booking.check_at
    racing, _ = claimed(booking)
    assert racing.to_check_at is None
    with pytest.raises(Stale):
        racing.was_checked(REFUSED, NOW)
    with pytest.raises(Stale):
        racing.check_put_off(NOW + HOUR, RULES, NOW)


def test_each_cause_is_told_once_until_all_is_well_again() -> None:
    first, told = planned().was_checked(REFUSED, NOW)
    (fact,) = told
    assert isinstance(fact, CheckFailed)
    assert fact.failure.reason is FailureReason.LOGIN_REFUSED
    again, told = first.was_checked(REFUSED, NOW + HOUR)
    assert told == ()
    gone = Finding(failure=Failure(reason=FailureReason.NO_SESSION))
    other, told = again.was_checked(gone, NOW + 2 * HOUR)
    assert [one.kind for one in told] == ["CheckFailed"]
    assert other.was_checked(REFUSED, NOW + 3 * HOUR)[1] == ()
    well, told = other.was_checked(Finding(), NOW + 3 * HOUR)
    assert (well.checked, told) == (Checked(at=NOW + 3 * HOUR), ())
    assert len(well.was_checked(REFUSED, NOW + 4 * HOUR)[1]) == 1


def test_what_a_check_finds_fails_no_booking() -> None:
    checked, _ = planned().was_checked(REFUSED, NOW)
    assert (checked.state, checked.failure) == (planned().state, None)


def test_a_mended_login_is_checked_anew_once() -> None:
    complained, _ = planned().was_checked(REFUSED, NOW)
    assert complained.needs_a_login
    mended, facts = complained.checked_anew(DUE, NOW)
    assert (mended.checked, facts) == (None, (DUE,))
    with pytest.raises(Stale):
        mended.checked_anew(DUE, NOW)
    gone, _ = planned().was_checked(Finding(failure=Failure(reason=FailureReason.NO_SESSION)), NOW)
    with pytest.raises(Stale):
        gone.checked_anew(DUE, NOW)


def test_a_check_is_put_off_but_not_beyond_the_next_one_nor_into_the_opening() -> None:
    booking = planned()
    assert booking.check_at
    assert booking.check_put_off(booking.check_at + HOUR, RULES, NOW)[0].check_at == booking.check_at
    assert booking.check_put_off(NOW + HOUR, RULES, NOW)[0].check_at == NOW + HOUR
    with pytest.raises(Stale):
        booking.check_put_off(booking.opening_at - timedelta(minutes=2), RULES, NOW)


def test_a_booking_that_opens_later_than_was_thought_is_checked_before_that() -> None:
    later, _ = planned().model_copy(update={"opening_at": OPENING + 200 * HOUR}).checks_planned(RULES, NOW)
    assert later.check_at == check_instants(OPENING + 200 * HOUR, "m-1", RULES)[0]


def test_without_rules_nothing_is_checked() -> None:
    assert scheduled(a_request()[0])[0].check_at is None
    assert a_request()[0].wake_planned(NOW, CheckRules(hours_before=()))[0].check_at is None


OTHER = SESSION.model_copy(update={"start": SESSION.start + 2 * HOUR})
FOUND = [
    (VerdictKind.NOT_OPEN, None, None),
    (VerdictKind.FREE, None, None),
    (VerdictKind.FULL, None, None),
    (VerdictKind.SIGNED_UP, None, FailureReason.ALREADY_IN),
    (VerdictKind.SIGNED_UP, OTHER, FailureReason.ALREADY_IN),
    (VerdictKind.CANCELLED, None, FailureReason.SESSION_CANCELLED),
    (VerdictKind.NO_SESSION, None, FailureReason.NO_SESSION),
    (VerdictKind.NO_SESSION, OTHER, FailureReason.SESSION_MOVED),
    (VerdictKind.NOT_OPEN, OTHER, FailureReason.SESSION_MOVED),
    (VerdictKind.UNKNOWN, None, FailureReason.PAGE_NOT_UNDERSTOOD),
    (VerdictKind.UNKNOWN, OTHER, FailureReason.SESSION_MOVED),
]


@pytest.mark.parametrize(("kind", "moved_to", "reason"), FOUND)
def test_page_and_timetable_together_tell(
    kind: VerdictKind, moved_to: Session | None, reason: FailureReason | None
) -> None:
    found = finding(Verdict(kind=kind), moved_to)
    assert (found.failure.reason if found.failure else None) is reason
    assert found.moved_to == (moved_to if reason is FailureReason.SESSION_MOVED else None)


def test_a_session_has_moved_if_its_slot_is_at_another_hour_and_not_at_its_own() -> None:
    next_week = SESSION.model_copy(update={"start": SESSION.start + timedelta(days=7)})
    assert moved(SESSION, [OTHER]) == OTHER
    assert moved(SESSION, [OTHER, SESSION]) is None
    assert moved(SESSION, [next_week]) is None
    assert moved(SESSION, [OTHER.model_copy(update={"timeid": 1})]) is None
    assert moved(SESSION, []) is None


def test_another_opening_is_no_complaint_and_is_checked_before_anew() -> None:
    booking, opening = planned(), OPENING + 60 * HOUR
    moved_on, facts = booking.opening_told(opening, RULES, NOW)
    assert (moved_on.opening_at, moved_on.state, facts) == (opening, booking.state, ())
    assert moved_on.check_at == check_after(NOW, opening, booking.member_id, RULES)
    with pytest.raises(Stale):
        moved_on.opening_told(opening, RULES, NOW)
    with pytest.raises(Stale):
        claimed(booking)[0].opening_told(opening, RULES, NOW)
