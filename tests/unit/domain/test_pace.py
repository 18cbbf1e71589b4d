"""When to shoot, what an answer asks for, and when to stop."""

from datetime import UTC, datetime, timedelta
from itertools import accumulate, islice, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autotennis.domain.club import RaceRules
from autotennis.domain.pace import (
    Burst,
    Next,
    Pace,
    Step,
    after_sign_up,
    kept_for_proof,
    look_gaps_s,
    may_finish,
    opens_later,
    patience_s,
    tail_gaps_s,
    watch_gaps_s,
)
from autotennis.domain.racing import APPROACH, RACE_SHARE
from autotennis.values import PlanBasis, Verdict, VerdictKind

EPOCH = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
OPENING = EPOCH + timedelta(seconds=100)
RULES = RaceRules(shots=6)
NOT_OPEN = Verdict(kind=VerdictKind.NOT_OPEN)


def verdict(kind: VerdictKind) -> Verdict:
    return Verdict(kind=kind)


def test_the_tail_is_quick_first_and_gentle_in_the_end() -> None:
    gaps = list(islice(tail_gaps_s(), 60))
    assert gaps[0] == 0.015
    assert gaps == sorted(gaps)
    assert sum(gap < 0.5 for gap in gaps) == 26
    assert gaps[-1] == 8.0


def test_looks_for_a_way_in_last_until_it_is_time_to_give_up() -> None:
    """Each costs a request of the same cap as everything else, and one race is given two thirds of that."""
    rules = RaceRules()
    looks = sum(at_s < rules.give_up_s for at_s in accumulate(islice(look_gaps_s(), rules.requests)))
    assert looks + kept_for_proof(rules) < rules.requests * RACE_SHARE


@pytest.mark.parametrize(
    ("kind", "step"),
    [
        (VerdictKind.SIGNED_UP, Step.PROVE),
        (VerdictKind.HELD, Step.PROVE),
        (VerdictKind.NOT_OPEN, Step.SHOOT),
        (VerdictKind.FREE, Step.SHOOT),
        (VerdictKind.FULL, Step.STOP),
        (VerdictKind.CANCELLED, Step.STOP),
        (VerdictKind.NO_SESSION, Step.STOP),
        (VerdictKind.LOGGED_OUT, Step.LOG_IN),
        (VerdictKind.BUSY, Step.WAIT),
        (VerdictKind.NO_ANSWER, Step.LOOK),
        (VerdictKind.UNKNOWN, Step.LOOK),
    ],
)
def test_what_an_answer_after_the_opening_asks_for(kind: VerdictKind, step: Step) -> None:
    assert after_sign_up(verdict(kind), opened=True) is step


def test_full_says_nothing_before_the_opening() -> None:
    assert after_sign_up(verdict(VerdictKind.FULL), opened=False) is Step.SHOOT


@given(st.sampled_from(sorted(VerdictKind)), st.booleans())
def test_every_verdict_has_its_step(kind: VerdictKind, opened: bool) -> None:
    assert after_sign_up(verdict(kind), opened=opened) in Step


def test_a_late_club_is_looked_at_ever_more_gently() -> None:
    gaps_s = list(islice(watch_gaps_s(), 30))
    assert gaps_s[:6] == [0.5, 1.0, 2.0, 4.0, 4.0, 4.0]
    assert gaps_s == sorted(gaps_s)
    looks_s = list(accumulate(gaps_s))
    assert max(later_s - sooner_s for sooner_s, later_s in pairwise(looks_s) if later_s < 60) == 4.0


def test_looks_at_a_late_club_last_until_it_is_time_to_give_up() -> None:
    """Beside the sign-ups that a race may send, and what was asked before the opening."""
    rules = RaceRules()
    looks = sum(at_s < rules.give_up_s for at_s in accumulate(islice(watch_gaps_s(), rules.requests)))
    before, sign_ups = 2, rules.sign_ups * RACE_SHARE
    assert before + sign_ups + looks + kept_for_proof(rules) < rules.requests * RACE_SHARE + APPROACH


def test_a_club_that_names_a_time_is_obeyed() -> None:
    assert patience_s(1, Verdict(kind=VerdictKind.BUSY, retry_after_s=30)) == 30
    assert [patience_s(tries) for tries in range(1, 8)] == [0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0]


def test_only_a_much_later_opening_is_not_waited_for() -> None:
    assert not opens_later(OPENING, OPENING + timedelta(minutes=5))
    assert opens_later(OPENING, OPENING + timedelta(hours=1))
    assert not opens_later(OPENING, OPENING - timedelta(hours=1))


def pace(*at_s: float, in_flight: int = 8) -> Pace:
    """The pace of a race in which every shot from our reading 100 on is late enough; it gives up at 160."""
    burst = Burst(at_s, until_s=160.0, basis=PlanBasis.MEASURED, uncertain_s=0.1, open_s=100.0)
    return Pace(burst, RaceRules(in_flight=in_flight))


def after(race: Pace, sent_s: float, kind: VerdictKind, now_s: float) -> Next:
    """What comes next after one answer."""
    race.heard(sent_s, verdict(kind))
    return race.next(now_s, may_shoot=True)


def test_a_burst_goes_on_while_nothing_is_decided() -> None:
    race = pace(99.9, 100.0, 100.0)
    assert race.next(90.0, may_shoot=True) == Next(Step.SHOOT, 99.9)
    race.sent(99.9)
    assert race.next(99.91, may_shoot=True) == Next(Step.SHOOT, 100.0)
    race.sent(100.0)
    # The other one of the same instant goes at once.
    assert race.next(100.0001, may_shoot=True) == Next(Step.SHOOT, 100.0001)
    race.sent(100.0001)
    assert race.next(100.0002, may_shoot=True) == Next(Step.LISTEN, 101.0001)


def test_nothing_is_sent_after_a_yes() -> None:
    race = pace(99.9, 100.0)
    race.sent(99.9)
    assert after(race, 99.9, VerdictKind.SIGNED_UP, 99.95) == Next(Step.PROVE, 99.95)


def test_a_yes_counts_more_than_whatever_else_was_answered() -> None:
    race = pace(100.0, 100.0)
    race.sent(100.0)
    race.sent(100.001)
    assert after(race, 100.0, VerdictKind.FULL, 100.02).step is Step.LISTEN
    assert after(race, 100.001, VerdictKind.SIGNED_UP, 100.03).step is Step.PROVE


def test_after_the_burst_it_is_one_shot_at_a_time() -> None:
    race = pace(100.0)
    race.sent(100.0)
    assert after(race, 100.0, VerdictKind.NOT_OPEN, 100.002) == Next(Step.SHOOT, 100.015)
    race.sent(100.015)
    assert race.next(100.016, may_shoot=True).step is Step.LISTEN
    # An answer that took longer than the distance is followed at once.
    assert after(race, 100.015, VerdictKind.NOT_OPEN, 100.5) == Next(Step.SHOOT, 100.5)


def test_a_slow_answer_is_looked_after_before_another_shot() -> None:
    race = pace(100.0)
    race.sent(100.0)
    assert race.next(100.5, may_shoot=True) == Next(Step.LISTEN, 101.0)
    assert race.next(101.0, may_shoot=True) == Next(Step.LOOK, 101.0)
    # It was no yes yet: it goes on beside the one that is still under way, and hears of it when it comes after all.
    assert race.next(101.2, may_shoot=True).step is Step.SHOOT
    assert after(race, 100.0, VerdictKind.SIGNED_UP, 101.3).step is Step.PROVE


def test_a_connection_lost_in_the_burst_is_looked_after_when_the_burst_is_over() -> None:
    race = pace(99.9, 100.0)
    race.sent(99.9)
    assert after(race, 99.9, VerdictKind.NO_ANSWER, 99.95) == Next(Step.SHOOT, 100.0)
    race.sent(100.0)
    assert after(race, 100.0, VerdictKind.NOT_OPEN, 100.02).step is Step.LOOK
    assert race.next(100.05, may_shoot=True).step is Step.SHOOT


def test_a_login_lost_before_the_opening_leaves_the_shots_that_are_still_to_come() -> None:
    race = pace(99.5, 99.6, 100.0)
    race.sent(99.5)
    assert after(race, 99.5, VerdictKind.LOGGED_OUT, 99.65).step is Step.LOG_IN
    assert race.next(99.8, may_shoot=True) == Next(Step.SHOOT, 100.0)


def test_a_busy_club_is_left_alone_as_long_as_it_says() -> None:
    race = pace(100.0, 100.1)
    race.sent(100.0)
    race.heard(100.0, Verdict(kind=VerdictKind.BUSY, retry_after_s=7))
    assert race.next(100.05, may_shoot=True) == Next(Step.WAIT, 107.05)


def test_no_more_are_under_way_than_the_club_allows() -> None:
    race = pace(99.9, 99.95, 100.0, in_flight=2)
    race.sent(99.9)
    race.sent(99.95)
    assert race.next(99.96, may_shoot=True).step is Step.LISTEN
    assert after(race, 99.9, VerdictKind.NOT_OPEN, 99.98) == Next(Step.SHOOT, 100.0)


def test_answers_that_never_come_do_not_let_more_shots_out() -> None:
    race = pace(100.0, 100.0, in_flight=2)
    race.sent(100.0)
    race.sent(100.001)
    assert race.next(101.1, may_shoot=True).step is Step.LOOK
    assert race.next(101.2, may_shoot=True).step is Step.LISTEN
    assert race.next(102.2, may_shoot=True).step is Step.LOOK


def test_it_stops_when_the_budget_or_the_time_is_spent() -> None:
    race = pace(100.0)
    race.sent(100.0)
    assert after(race, 100.0, VerdictKind.NOT_OPEN, 160.0).step is Step.STOP
    assert pace(100.0).next(99.0, may_shoot=False).step is Step.STOP


@given(
    st.lists(st.floats(99.0, 101.0), min_size=1, max_size=8).map(sorted),
    st.integers(1, 4),
    st.lists(st.tuples(st.sampled_from(sorted(VerdictKind)), st.integers(0, 3)), max_size=30),
)
def test_whatever_is_answered_no_rule_is_broken(
    at_s: list[float], in_flight: int, answers: list[tuple[VerdictKind, int]]
) -> None:
    race, now_s, sent = pace(*at_s, in_flight=in_flight), 98.0, list[float]()
    for kind, which in answers:
        coming = race.next(now_s, may_shoot=True)
        assert coming.at_s >= now_s
        if coming.step is Step.SHOOT:
            now_s = coming.at_s + 1e-6
            sent.append(now_s)
            race.sent(now_s)
        assert len(sent) <= in_flight
        if sent and which:
            race.heard(sent.pop(which % len(sent)), verdict(kind))
        now_s += 0.01


def test_only_what_opens_soon_enough_to_be_proven_is_finished_by_who_has_to_stop() -> None:
    assert may_finish(opens_in_s=4.0, left_s=7.0)
    assert may_finish(opens_in_s=-30.0, left_s=7.0), "it is being raced for already"
    assert not may_finish(opens_in_s=6.9, left_s=7.0), "there would be no time for the proof"
    assert not may_finish(opens_in_s=60.0, left_s=7.0)
