"""States and moves: the tables, each rule, and that no sequence of facts leads to an illegal booking."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from graphlib import TopologicalSorter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from autotennis.domain.booking import (
    FINAL,
    LIVE,
    MOVES,
    OWNER,
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
from autotennis.domain.club import RaceRules
from autotennis.errors import ClaimHeld, IllegalMove, Stale
from autotennis.events import Booked, BookingRequested, Event, Failed, SessionFull
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


def booked() -> Booking:
    return claimed().booked(Proof(seen_at=NOW), SENT, OUTCOME, NOW)[0]


VERBS: dict[Fact, Callable[[Booking], Change]] = {
    Fact.WAKE_PLANNED: lambda booking: booking.wake_planned(NOW),
    Fact.CLAIMED: lambda booking: booking.claimed("booker-1", RULES, NOW),
    Fact.BOOKED: lambda booking: booking.booked(Proof(seen_at=NOW), SENT, OUTCOME, NOW),
    Fact.SESSION_FULL: lambda booking: booking.found_full(SENT, OUTCOME, NOW),
    Fact.FAILED: lambda booking: booking.failed(FAILURE, SENT, OUTCOME, NOW),
    Fact.CANCELLED: lambda booking: booking.cancelled(NOW),
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
    _, (full,) = claimed().found_full(SENT, OUTCOME, NOW)
    assert isinstance(failed, Failed)
    assert failed.failure is FAILURE
    assert isinstance(full, SessionFull)


@pytest.mark.parametrize(("fact", "verb"), VERBS.items())
def test_a_fact_that_happened_already_is_stale(fact: Fact, verb: Callable[[Booking], Change]) -> None:
    booking = scheduled() if fact is Fact.WAKE_PLANNED else claimed()
    if fact is Fact.CANCELLED:
        booking = scheduled()
    if fact is not Fact.WAKE_PLANNED:
        booking = verb(booking)[0]
    if fact is Fact.CLAIMED:
        booking = booked()
    with pytest.raises(Stale):
        verb(booking)


@pytest.mark.parametrize("fact", [Fact.BOOKED, Fact.FAILED, Fact.SESSION_FULL])
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


def test_nobody_cancels_while_the_sign_up_runs() -> None:
    with pytest.raises(ClaimHeld):
        claimed().cancelled(NOW)
    left_behind = claimed()
    assert left_behind.claim
    assert left_behind.cancelled(left_behind.claim.until)[0].state is State.CANCELLED


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
