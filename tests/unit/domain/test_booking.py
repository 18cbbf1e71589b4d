"""States and moves: the tables, each rule, and that no sequence of facts leads to an illegal booking."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from graphlib import TopologicalSorter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import HttpUrl, ValidationError

from autotennis.domain.booking import (
    FINAL,
    LIVE,
    MOVES,
    OWNER,
    TRY,
    Booking,
    Budget,
    Change,
    Fact,
    Outcome,
    State,
    Wish,
    reached_from,
    requested,
)
from autotennis.domain.club import ClubRules, RaceRules, WatchRules
from autotennis.domain.racing import APPROACH, CONFIRMATIONS
from autotennis.errors import ClaimHeld, IllegalMove, Stale
from autotennis.events import (
    Booked,
    BookingCancelled,
    BookingRequested,
    Event,
    Failed,
    SessionFull,
    WithdrawalFailed,
    WithdrawalRequested,
    Withdrawn,
)
from autotennis.values import (
    Action,
    Attempt,
    ClockReading,
    Failure,
    FailureReason,
    Proof,
    Session,
    Verdict,
    VerdictKind,
)

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
OPENING = NOW + timedelta(minutes=5)
RULES = RaceRules(sign_ups=24, requests=60)
CLUB = ClubRules(
    id="club",
    name="Club",
    base_url=HttpUrl("http://club.example/"),
    race=RULES,
    watch=WatchRules(sign_ups=3, requests=40),
)
START = NOW + timedelta(days=3)
SENT = Budget(requests=9, sign_ups=6)
WISH = Wish(
    member_id="m1", club_id="club", session=Session(timeid=65, start=datetime(2026, 11, 25, 13, 5)), opening_at=OPENING
)
ATTEMPT = Attempt(action=Action.SIGN_UP, sent_ms=0.4, latency_ms=3.0, verdict=Verdict(kind=VerdictKind.SIGNED_UP))
OUTCOME = Outcome(timeline=(ATTEMPT,), clock=ClockReading(offset_ms=1370.0, bound_ms=1.0, round_trip_ms=2.0, probes=13))
FAILURE = Failure(reason=FailureReason.FULL)


def new() -> Booking:
    return requested("b1", WISH, NOW)[0]


def scheduled() -> Booking:
    return new().wake_planned(NOW)[0]


def claimed(holder: str = "booker-1") -> Booking:
    return scheduled().claimed(holder, RULES, NOW)[0]


def armed(holder: str = "booker-1") -> Booking:
    return claimed(holder).granted(holder, RULES, NOW)[0]


def booked() -> Booking:
    return claimed().booked(Proof(seen_at=NOW), SENT, OUTCOME, NOW)[0]


def waiting() -> Booking:
    return armed().found_full(START, SENT, OUTCOME, NOW)[0]


def tried(holder: str = "waitlist-1") -> Booking:
    return waiting().tried(holder, CLUB, NOW)[0]


VERBS: dict[Fact, Callable[[Booking], Change]] = {
    Fact.WAKE_PLANNED: lambda booking: booking.wake_planned(NOW),
    Fact.CLAIMED: lambda booking: booking.claimed("booker-1", RULES, NOW),
    Fact.BOOKED: lambda booking: booking.booked(Proof(seen_at=NOW), SENT, OUTCOME, NOW),
    Fact.SESSION_FULL: lambda booking: booking.found_full(START, SENT, OUTCOME, NOW),
    Fact.FAILED: lambda booking: booking.failed(FAILURE, SENT, OUTCOME, NOW),
    Fact.CANCELLED: lambda booking: booking.cancelled(NOW),
    Fact.WITHDRAWN: lambda booking: booking.withdrawal_asked(NOW)[0].withdrawn(NOW, SENT, OUTCOME, NOW),
}


def test_the_moves_have_no_circle() -> None:
    graph = {state.value: {target.value for target in moves.values()} for state, moves in MOVES.items()}
    assert len(list(TopologicalSorter(graph).static_order())) == len(State)


def test_every_state_has_its_moves_and_one_owner() -> None:
    assert set(MOVES) == set(OWNER) == set(State)


def test_every_state_is_reached_and_every_fact_moves() -> None:
    assert {target for moves in MOVES.values() for target in moves.values()} == set(State) - {State.REQUESTED}
    assert {fact for moves in MOVES.values() for fact in moves} == set(Fact)


def test_each_fact_leads_to_one_state_only() -> None:
    for fact in Fact:
        assert len({moves[fact] for moves in MOVES.values() if fact in moves}) == 1


def test_what_is_settled_is_not_live() -> None:
    assert FINAL == {State.FAILED, State.CANCELLED, State.WITHDRAWN}
    assert FINAL.isdisjoint(LIVE)
    assert FINAL | LIVE == set(State)


def test_a_new_booking_tells_that_it_was_asked_for() -> None:
    booking, facts = requested("b1", WISH, NOW)
    assert booking.state is State.REQUESTED
    assert [type(fact) for fact in facts] == [BookingRequested]
    assert facts[0].id == "BookingRequested/b1"


def test_booked_carries_proof_timeline_and_clock() -> None:
    booking, (fact,) = claimed().booked(Proof(seen_at=NOW), SENT, OUTCOME, NOW)
    assert isinstance(fact, Booked)
    assert (fact.proof, fact.timeline, fact.clock) == (booking.proof, (ATTEMPT,), OUTCOME.clock)
    assert (booking.state, booking.claim, booking.requests_sent, booking.sign_ups_sent) == (State.BOOKED, None, 9, 6)


def test_failed_and_full_tell_why() -> None:
    _, (failed,) = claimed().failed(FAILURE, SENT, OUTCOME, NOW)
    _, (full,) = claimed().found_full(START, SENT, OUTCOME, NOW)
    assert isinstance(failed, Failed)
    assert failed.failure is FAILURE
    assert isinstance(full, SessionFull)


@pytest.mark.parametrize(("fact", "verb"), VERBS.items())
def test_a_fact_that_happened_already_is_stale(fact: Fact, verb: Callable[[Booking], Change]) -> None:
    booking = scheduled() if fact is Fact.WAKE_PLANNED else claimed()
    if fact is Fact.CANCELLED:
        booking = scheduled()
    if fact is Fact.WITHDRAWN:
        booking = booked()
    if fact is not Fact.WAKE_PLANNED:
        booking = verb(booking)[0]
    if fact is Fact.CLAIMED:
        booking = booked()
    with pytest.raises(Stale):
        verb(booking)


@pytest.mark.parametrize("fact", [Fact.BOOKED, Fact.FAILED, Fact.SESSION_FULL, Fact.WITHDRAWN])
def test_nothing_ends_before_it_was_claimed(fact: Fact) -> None:
    with pytest.raises(IllegalMove):
        VERBS[fact](scheduled())


def test_a_claim_keeps_others_out_until_it_runs_out() -> None:
    booking = claimed("booker-1")
    with pytest.raises(ClaimHeld):
        booking.claimed("booker-2", RULES, NOW)
    assert booking.claim
    later, _ = booking.claimed("booker-2", RULES, booking.claim.until)
    assert later.claim
    assert later.claim.holder == "booker-2"


def test_a_restarted_holder_takes_up_at_once_what_it_held() -> None:
    again, facts = claimed("booker-1").claimed("booker-1", RULES, NOW)
    assert (again.state, again.runs, facts) == (State.SIGNING_UP, 2, ())


def test_a_claim_outlives_the_race() -> None:
    claim = claimed().claim
    assert claim
    assert claim.until > OPENING + timedelta(seconds=RULES.give_up_s)


def test_before_a_sign_up_may_be_sent_cancelling_is_immediate_and_nothing_is_sent_after() -> None:
    cancelled, (fact,) = claimed().cancelled(NOW)
    assert cancelled.state is State.CANCELLED
    assert isinstance(fact, BookingCancelled)
    with pytest.raises(Stale):
        cancelled.granted("booker-1", RULES, NOW)


@pytest.mark.parametrize("booking", [armed(), tried()], ids=["signing up", "trying for a freed place"])
def test_while_a_sign_up_may_be_under_way_the_wish_to_cancel_is_noted(booking: Booking) -> None:
    noted, facts = booking.cancelled(NOW)
    assert (noted.state, noted.cancel_asked_at, facts) == (booking.state, NOW, ())
    with pytest.raises(Stale):
        noted.cancelled(NOW)


CALLED_OFF: dict[str, Callable[[Booking], Change]] = {
    "lost": lambda it: it.failed(FAILURE, SENT, OUTCOME, NOW),
    "full": lambda it: it.found_full(START, SENT, OUTCOME, NOW),
    "later": lambda it: it.reopened(OPENING, SENT, OUTCOME, NOW),
    "seen in time": lambda it: it.called_off(SENT, OUTCOME, NOW),
}


@pytest.mark.parametrize("end", CALLED_OFF.values(), ids=CALLED_OFF.keys())
def test_who_wished_to_cancel_and_has_no_place_is_out(end: Callable[[Booking], Change]) -> None:
    ended, (fact,) = end(armed().cancelled(NOW)[0])
    assert (ended.state, ended.claim, ended.failure) == (State.CANCELLED, None, None)
    assert isinstance(fact, BookingCancelled)


def test_who_wished_to_cancel_is_not_told_so_while_nobody_knows_whether_the_club_took_them() -> None:
    """The login was refused after a sign-up had been sent: no page showed what came of that."""
    refused = Failure(reason=FailureReason.LOGIN_REFUSED)
    noted = armed().cancelled(NOW)[0]
    assert noted.failed(refused, SENT, OUTCOME, NOW)[0].state is State.FAILED
    assert noted.failed(refused, Budget(requests=2, sign_ups=0), OUTCOME, NOW)[0].state is State.CANCELLED


def test_who_is_about_to_sign_up_has_to_hold_the_booking_and_the_wish() -> None:
    later = NOW + timedelta(seconds=60)
    held = tried("waitlist-1").still_tried("waitlist-1", later)[0]
    assert held.claim
    assert held.claim.until > later
    with pytest.raises(Stale):
        tried("waitlist-1").still_tried("waitlist-2", NOW)
    with pytest.raises(Stale):
        tried("waitlist-1").cancelled(NOW)[0].still_tried("waitlist-1", NOW)


def test_nobody_is_ended_in_the_line_while_somebody_tries_for_them() -> None:
    assert waiting().ended_in_line(FAILURE, NOW)[0].state is State.FAILED
    for booking in (tried(), booked()):
        with pytest.raises(Stale):
            booking.ended_in_line(FAILURE, NOW)


def test_a_place_is_given_back_by_one_at_a_time_within_a_budget() -> None:
    asked = booked().withdrawal_asked(NOW)[0]
    held = asked.withdrawing(NOW)[0]
    assert held.withdrawal
    assert (held.withdrawal.tries, held.reserved.requests) == (1, TRY)
    with pytest.raises(ClaimHeld):
        held.withdrawing(NOW)
    # Of one that a clock held which was set back since, nobody would hear for an hour.
    assert held.withdrawing(NOW - timedelta(hours=1))[0].withdrawal
    assert held.withdrawal.held_until
    again = held.withdrawing(held.withdrawal.held_until)[0]
    assert again.requests_sent == held.requests_sent + TRY, "the one that died may have sent them all"
    with pytest.raises(Stale):
        booked().withdrawing(NOW)


def test_a_withdrawal_that_nobody_has_heard_of_for_long_may_be_asked_for_again() -> None:
    asked = booked().withdrawal_asked(NOW)[0]
    with pytest.raises(Stale):
        asked.withdrawal_asked(NOW + timedelta(minutes=10))
    assert asked.withdrawal_asked(NOW + timedelta(minutes=16))[0].withdrawal


@pytest.mark.parametrize("booking", [armed(), tried()], ids=["signing up", "trying for a freed place"])
def test_who_wished_to_cancel_and_was_taken_meanwhile_gives_the_place_back(booking: Booking) -> None:
    ended, facts = booking.cancelled(NOW)[0].booked(Proof(seen_at=NOW), SENT, OUTCOME, NOW)
    assert [type(fact) for fact in facts] == [Booked, WithdrawalRequested]
    assert ended.state is State.BOOKED
    assert ended.withdrawal
    assert ended.withdrawal.is_under_way


def test_a_place_missed_goes_back_into_the_line_where_it_was() -> None:
    line = waiting()
    assert line.wait
    back, facts = line.tried("waitlist-1", CLUB, NOW)[0].missed("waitlist-1", SENT, OUTCOME, NOW)
    assert (back.state, back.claim, back.wait, facts) == (State.WAITING, None, line.wait, ())
    with pytest.raises(Stale):
        tried("waitlist-1").missed("waitlist-2", SENT, OUTCOME, NOW)
    assert tried().cancelled(NOW)[0].missed("waitlist-1", SENT, OUTCOME, NOW)[0].state is State.CANCELLED


def test_only_one_instance_tries_until_its_claim_runs_out() -> None:
    held = tried("waitlist-1")
    assert held.claim
    with pytest.raises(ClaimHeld):
        held.tried("waitlist-2", CLUB, NOW)
    assert not held.is_in_doubt("waitlist-2", NOW)
    assert held.is_in_doubt("waitlist-1", NOW), "it was restarted in the middle of it"
    assert held.is_in_doubt("waitlist-2", held.claim.until)
    assert not waiting().is_in_doubt("waitlist-1", NOW)
    with pytest.raises(Stale):
        booked().tried("waitlist-1", CLUB, NOW)


@given(st.lists(st.booleans(), max_size=12))
def test_no_number_of_tries_exceeds_the_cap(crashes: list[bool]) -> None:
    """Each try sends all that it may, and then reports or dies."""
    booking = waiting()
    sent = SENT
    for crashed in crashes:
        booking, _ = booking.tried("waitlist-1", CLUB, NOW)
        sent = sent.plus(booking.reserved)
        if not crashed:
            booking, _ = booking.missed("waitlist-1", booking.reserved, OUTCOME, NOW)
    assert sent.requests <= RULES.requests + CLUB.watch.requests
    assert sent.sign_ups <= RULES.sign_ups + CLUB.watch.sign_ups


def test_when_the_cap_is_spent_nothing_is_tried_any_more() -> None:
    booking = waiting()
    while booking.may_try(CLUB):
        held, _ = booking.tried("waitlist-1", CLUB, NOW)
        assert held.reserved.sign_ups == 1
        booking, _ = held.missed("waitlist-1", held.reserved, OUTCOME, NOW)
    assert booking.requests_sent + TRY > RULES.requests + CLUB.watch.requests


def early(opens_in: timedelta) -> Booking:
    wish = WISH.model_copy(update={"opening_at": NOW + opens_in, "early": True})
    return requested("b1", wish, NOW)[0].wake_planned(NOW)[0]


def test_who_would_take_a_place_before_the_opening_is_in_the_line_until_the_race_begins() -> None:
    booking = early(timedelta(days=2))
    assert booking.in_line_since() == NOW
    assert scheduled().in_line_since() is None
    assert booking.claimed("booker-1", RULES, NOW)[0].in_line_since() is None
    assert waiting().in_line_since() == NOW


def test_a_place_that_is_free_early_makes_the_booking_due_now() -> None:
    later = NOW + timedelta(hours=1)
    forward, facts = early(timedelta(days=2)).brought_forward(later)
    assert (forward.opening_at, forward.state, facts) == (later, State.SCHEDULED, ())
    with pytest.raises(Stale):
        forward.brought_forward(later)
    for booking in (scheduled(), early(timedelta(minutes=10)), booked()):
        with pytest.raises(Stale):
            booking.brought_forward(NOW)


def seeking(**more: object) -> Booking:
    wish = WISH.model_copy(update={"opening_at": NOW + timedelta(days=2), "fixed": True, **more})
    return requested("b1", wish, NOW)[0].wake_planned(NOW)[0]


def left_to_the_race(booking: Booking) -> Booking:
    held, _ = booking.claimed("booker-1", RULES, NOW)
    return held.reopened(NOW + timedelta(days=6), SENT, OUTCOME, NOW, no_fixed_place=True)[0]


def test_confirming_a_fixed_place_is_granted_little_and_leaves_the_rest_to_the_race() -> None:
    held, _ = seeking().claimed("booker-1", RULES, NOW)
    granted, _ = held.granted("booker-1", RULES, NOW)
    assert granted.reserved.sign_ups == CONFIRMATIONS
    assert granted.reserved.requests == 2 * APPROACH
    raced, _ = left_to_the_race(seeking()).claimed("booker-1", RULES, NOW)
    assert raced.granted("booker-1", RULES, NOW)[0].reserved.sign_ups > CONFIRMATIONS


def test_without_a_fixed_place_it_is_raced_for_and_stays_so() -> None:
    booking = left_to_the_race(seeking())
    assert (booking.state, booking.claim, booking.no_fixed_place) == (State.SIGNING_UP, None, True)
    assert booking.opening_at == NOW + timedelta(days=6)
    assert booking.is_given_back
    assert not booking.seeks_fixed_place
    again, _ = booking.claimed("booker-1", RULES, NOW)
    assert again.reopened(NOW + timedelta(days=7), SENT, OUTCOME, NOW)[0].no_fixed_place


def test_what_was_done_before_is_counted_from_the_new_opening() -> None:
    attempt = Attempt(action=Action.LOOK, sent_ms=5.0, latency_ms=1.0, verdict=Verdict(kind=VerdictKind.NOT_OPEN))
    held, _ = seeking().claimed("booker-1", RULES, NOW)
    later, _ = held.reopened(held.opening_at + timedelta(hours=1), SENT, Outcome(timeline=(attempt,)), NOW)
    assert [one.sent_ms for one in later.timeline] == [5.0 - 3_600_000]


def test_who_has_no_fixed_place_is_in_the_line_for_an_early_one_and_tries_once() -> None:
    assert left_to_the_race(seeking()).in_line_since() is None
    booking = left_to_the_race(seeking(early=True))
    assert booking.in_line_since() == booking.created_at
    forward, _ = booking.brought_forward(NOW)
    assert (forward.opening_at, forward.in_line_since()) == (NOW, None)
    with pytest.raises(Stale):
        forward.brought_forward(NOW)
    assert booking.claimed("booker-1", RULES, NOW)[0].in_line_since() is None


def test_a_fixed_place_is_still_sought_after_an_early_try() -> None:
    forward, _ = seeking(early=True).brought_forward(NOW)
    assert forward.seeks_fixed_place


def test_a_place_is_given_back_and_told() -> None:
    asked, (request,) = booked().withdrawal_asked(NOW)
    assert isinstance(request, WithdrawalRequested)
    gone, (fact,) = asked.withdrawn(NOW, SENT, OUTCOME, NOW)
    assert gone.state is State.WITHDRAWN
    assert isinstance(fact, Withdrawn)
    assert gone.withdrawal
    assert gone.withdrawal.seen_at == NOW
    with pytest.raises(Stale):
        gone.withdrawn(NOW, SENT, OUTCOME, NOW)


def test_a_withdrawal_that_failed_may_be_asked_for_again() -> None:
    asked, (first,) = booked().withdrawal_asked(NOW)
    with pytest.raises(Stale):
        asked.withdrawal_asked(NOW)
    kept, (fact,) = asked.withdrawal_failed(FAILURE, SENT, OUTCOME, NOW)
    assert kept.state is State.BOOKED
    assert isinstance(fact, WithdrawalFailed)
    with pytest.raises(Stale):
        kept.withdrawn(NOW, SENT, OUTCOME, NOW)
    _, (again,) = kept.withdrawal_asked(NOW + timedelta(minutes=1))
    assert again.id != first.id


def test_nobody_withdraws_what_was_not_asked_for() -> None:
    with pytest.raises(Stale):
        booked().withdrawn(NOW, SENT, OUTCOME, NOW)
    with pytest.raises(Stale):
        booked().withdrawal_failed(FAILURE, SENT, OUTCOME, NOW)
    with pytest.raises(IllegalMove):
        waiting().withdrawal_asked(NOW)


@given(st.lists(st.tuples(st.integers(0, 3), st.booleans()), max_size=12))
def test_no_number_of_crashes_exceeds_the_cap(runs: list[tuple[int, bool]]) -> None:
    """Each run asks for more some times, sends all that it may, and then reports or dies."""
    booking, sent = scheduled(), Budget(requests=0, sign_ups=0)
    for grants, crashed in runs:
        booking, _ = booking.claimed("booker-1", RULES, NOW)
        for _ in range(grants):
            booking, _ = booking.granted("booker-1", RULES, NOW)
        sent = sent.plus(booking.reserved)
        if not crashed:
            booking, _ = booking.reopened(OPENING, booking.reserved, OUTCOME, NOW)
    assert sent.requests <= RULES.requests
    assert sent.sign_ups <= RULES.sign_ups


def test_dying_on_the_way_to_a_race_leaves_enough_for_one() -> None:
    booking = scheduled()
    for _ in range(4):
        booking, _ = booking.claimed("booker-1", RULES, NOW)
    armed, _ = booking.granted("booker-1", RULES, NOW)
    assert armed.reserved.requests >= 20
    assert armed.reserved.sign_ups == 16


def test_a_run_in_doubt_accounts_for_what_it_sent_and_keeps_its_claim() -> None:
    doubtful, facts = claimed().in_doubt("booker-1", SENT, OUTCOME, NOW)
    assert (doubtful.state, doubtful.requests_sent, doubtful.timeline) == (State.SIGNING_UP, 9, (ATTEMPT,))
    assert doubtful.reserved == Budget(requests=0, sign_ups=0)
    assert doubtful.claim
    assert facts == ()
    with pytest.raises(Stale):
        claimed().in_doubt("booker-2", SENT, OUTCOME, NOW)


def test_whoever_has_to_stop_accounts_for_what_was_sent_and_lets_go_at_once() -> None:
    handed_on, facts = armed().handed_on("booker-1", SENT, OUTCOME, NOW)
    assert (handed_on.requests_sent, handed_on.sign_ups_sent, handed_on.timeline) == (9, 6, (ATTEMPT,))
    assert handed_on.reserved == Budget(requests=0, sign_ups=0)
    assert handed_on.waits_from() == NOW, "should nobody deliver it again, a sweep hands it over"
    assert facts == ()
    taken_up, _ = handed_on.claimed("booker-2", RULES, NOW)
    assert (taken_up.runs, taken_up.sign_ups_sent) == (2, 6)
    with pytest.raises(Stale):
        armed().handed_on("booker-2", SENT, OUTCOME, NOW)


def test_a_wish_to_cancel_what_was_handed_on_is_noted_only_where_the_club_may_have_taken_the_member() -> None:
    fired, _ = armed().handed_on("booker-1", SENT, OUTCOME, NOW)
    assert fired.cancelled(NOW)[0].state is State.SIGNING_UP
    logged_in, _ = claimed().handed_on("booker-1", Budget(requests=2, sign_ups=0), OUTCOME, NOW)
    assert logged_in.cancelled(NOW)[0].state is State.CANCELLED


def test_a_try_that_was_handed_on_is_looked_after_before_another_is_made() -> None:
    handed_on, _ = tried("waitlist-1").handed_on("waitlist-1", Budget(requests=4, sign_ups=1), OUTCOME, NOW)
    assert handed_on.is_in_doubt("waitlist-2", NOW)
    with pytest.raises(Stale):
        handed_on.ended_in_line(FAILURE, NOW)


def test_a_claim_is_prolonged_with_the_race() -> None:
    later = OPENING + timedelta(minutes=2)
    claim = claimed().granted("booker-1", RULES, later)[0].claim
    assert claim
    assert claim.until > later + timedelta(seconds=RULES.give_up_s + RULES.prove_s)


def test_nobody_is_given_more_without_the_claim() -> None:
    with pytest.raises(Stale):
        claimed("booker-1").granted("booker-2", RULES, NOW)
    with pytest.raises(Stale):
        booked().granted("booker-1", RULES, NOW)


def test_what_a_run_did_not_send_is_left_for_the_next() -> None:
    first = claimed()
    released, _ = first.reopened(OPENING + timedelta(hours=1), Budget(requests=2, sign_ups=0), OUTCOME, NOW)
    assert (released.claim, released.opening_at) == (None, OPENING + timedelta(hours=1))
    again, _ = released.claimed("booker-2", RULES, NOW)
    assert again.reserved == first.reserved
    assert again.requests_sent == 2


def test_a_late_wake_up_is_told() -> None:
    woken_at = OPENING + timedelta(seconds=40)
    late, _ = scheduled().claimed("booker-1", RULES, woken_at)
    assert late.late_s == 40
    assert claimed().late_s == 0
    asked_late = WISH.model_copy(update={"opening_at": NOW - timedelta(days=1)})
    open_already, _ = requested("b2", asked_late, NOW)
    assert open_already.wake_planned(NOW)[0].claimed("booker-1", RULES, NOW)[0].late_s == 0


@pytest.mark.parametrize(
    "broken",
    [
        {"state": State.BOOKED},
        {"state": State.FAILED},
        {"failure": FAILURE},
        {"proof": Proof(seen_at=NOW)},
        {"claim": claimed().claim},
        {"state": State.WAITING},
    ],
)
def test_an_illegal_booking_cannot_be_built(broken: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Booking.model_validate({**dict(new()), **broken})


@given(st.lists(st.sampled_from(sorted(VERBS)), max_size=30))
def test_no_sequence_of_facts_breaks_a_booking(facts: list[Fact]) -> None:
    """Facts in any order, doubled and missing: each moves by the table, is stale, or is refused; and tells once."""
    booking = new()
    told: list[Event] = []
    for fact in facts:
        before = booking
        try:
            booking, news = VERBS[fact](booking)
        except Stale:
            assert before.state in FINAL or before.state in reached_from(fact)
        except (IllegalMove, ClaimHeld):
            assert fact not in MOVES[before.state] or before.claim is not None
        else:
            assert booking.state in (MOVES[before.state].get(fact), before.state)
            told.extend(news)
        assert Booking.model_validate_json(booking.model_dump_json()) == booking
    assert len({event.id for event in told}) == len(told)
