"""Openings that are late at random: within the limits, alike for the same seed, and told apart in the report."""

from practice_club.club import PracticeClub
from practice_club.orders import NewSession
from practice_club.session import Session

S_NS = 1_000_000_000


def _sessions(club: PracticeClub) -> list[Session]:
    return [club.add_session(NewSession(opens_in_s=60 + number)) for number in range(20)]


def _late_s(seed: int, **knobs: object) -> list[float]:
    club = PracticeClub(seed=seed, empty=True)
    sessions = _sessions(club)
    club.turn(**knobs)
    rules = club.model.rules
    return [(session.opens_ns(rules) - session.announced_opening_ns(rules)) / S_NS for session in sessions]


def test_each_session_is_late_by_a_time_of_its_own_within_the_limits() -> None:
    late_s = _late_s(1, opening_late_random_s=(60, 300), opening_late_s=2)
    assert all(62 <= late <= 302 for late in late_s)
    assert len(set(late_s)) == len(late_s)


def test_the_seed_decides_and_nothing_else() -> None:
    assert _late_s(1, opening_late_random_s=(60, 300)) == _late_s(1, opening_late_random_s=(60, 300))
    assert _late_s(1, opening_late_random_s=(60, 300)) != _late_s(2, opening_late_random_s=(60, 300))
    assert _late_s(1) == [0.0] * 20


def test_the_report_tells_the_opening_that_counts_from_the_announced_one() -> None:
    club = PracticeClub(empty=True)
    (session, *_) = _sessions(club)
    club.turn(opening_late_random_s=(5, 5))
    report = club.session_report(session)
    assert report["opens_ns"] - report["announced_ns"] == 5 * S_NS


def test_the_clock_steps_as_it_is_told_again_and_again() -> None:
    club = PracticeClub(empty=True)
    steps = [{"step_ms": 250, "after_s": 0}]
    club.turn(clock_steps=steps)
    club.turn(workers=1)
    assert club.clock.offset_ms() == 250
    club.turn(clock_steps=steps)
    assert club.clock.offset_ms() == 500
    club.step_clock(-500)
    assert club.clock.offset_ms() == 0
