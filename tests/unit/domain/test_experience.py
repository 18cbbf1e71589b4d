"""What an opening teaches, and what many of them come to."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autotennis.domain.clubclock import ClubClock
from autotennis.domain.experience import KEPT_LESSONS, Experience, Shot, lesson
from autotennis.values import Lesson, VerdictKind

EPOCH = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
OPENING = EPOCH + timedelta(seconds=100)
EARLY, YES, FULL = VerdictKind.NOT_OPEN, VerdictKind.SIGNED_UP, VerdictKind.FULL


def known_clock(jitter_s: float = 0.0) -> ClubClock:
    """A clock by which the opening is due at our reading 100, give or take 2 ms."""
    return ClubClock(EPOCH.timestamp() - 0.002, EPOCH.timestamp() + 0.002, 0.02, 7, jitter_s=jitter_s)


def shots(*told: tuple[float, VerdictKind]) -> list[Shot]:
    """Sign-ups, each by when it was sent, in ms from when it was due; the answers take 25 ms."""
    return [Shot(100 + sent_ms / 1000, 100.025 + sent_ms / 1000, kind) for sent_ms, kind in told]


def taught(*told: tuple[float, VerdictKind], jitter_s: float = 0.0) -> Lesson:
    found = lesson(OPENING, known_clock(jitter_s), shots(*told), offset_ms=1.0)
    assert found
    return found


def bracketed(low_ms: float | None, high_ms: float | None, bound_ms: float = 1.0) -> Lesson:
    return Lesson(
        at=EPOCH,
        refused_ms=low_ms,
        accepted_ms=high_ms,
        bound_ms=bound_ms,
        service_ms=2.0,
        round_trip_ms=20.0,
        jitter_ms=0.0,
        offset_ms=0.0,
    )


def known(*lessons: Lesson) -> Experience:
    return Experience(lessons=lessons)


# One opening


def test_without_jitter_the_threshold_lies_between_the_last_refused_and_the_first_taken() -> None:
    found = taught((-3, EARLY), (-1, EARLY), (2, YES), (5, YES))
    assert found.refused_ms == pytest.approx(-1, abs=0.001)
    assert found.accepted_ms == pytest.approx(2, abs=0.001)
    assert found.bound_ms == pytest.approx(2, abs=0.001)
    assert found.service_ms == pytest.approx(5, abs=0.001)
    assert (found.at, found.offset_ms, found.filled) == (OPENING, 1.0, False)


def test_the_share_of_shots_sent_together_that_came_in_time_tells_where_the_threshold_is() -> None:
    few = taught(*[(0, EARLY)] * 6, *[(0, YES)] * 2, jitter_s=0.01)
    many = taught(*[(0, EARLY)] * 2, *[(0, YES)] * 6, jitter_s=0.01)
    assert middle_ms(few) == pytest.approx(7, abs=0.3)
    assert middle_ms(many) == pytest.approx(3, abs=0.3)


def middle_ms(found: Lesson) -> float:
    assert found.refused_ms is not None
    assert found.accepted_ms is not None
    return (found.refused_ms + found.accepted_ms) / 2


def test_a_shot_that_was_overtaken_by_more_than_the_jitter_known_does_not_confuse() -> None:
    found = taught((0, YES), (7, EARLY), jitter_s=0.005)
    assert (found.refused_ms, found.accepted_ms) == (pytest.approx(0, abs=0.001), pytest.approx(12, abs=0.001))


def test_one_sided_openings_teach_one_side() -> None:
    assert taught((0, YES), jitter_s=0.005).refused_ms is None
    assert taught((0, YES), jitter_s=0.005).accepted_ms == pytest.approx(5, abs=0.001)
    assert taught((0, EARLY)).accepted_ms is None


def test_full_means_open_only_at_a_club_that_also_says_too_early() -> None:
    assert taught((0, EARLY), (3, FULL)).accepted_ms == pytest.approx(3, abs=0.001)
    assert lesson(OPENING, known_clock(), shots((0, FULL)), offset_ms=0.0) is None


def test_an_opening_that_says_nothing_teaches_nothing() -> None:
    assert lesson(OPENING, known_clock(), shots((0, VerdictKind.NO_ANSWER)), offset_ms=0.0) is None


def test_a_late_opening_is_no_lesson() -> None:
    assert lesson(OPENING, known_clock(), shots((90_000, EARLY), (90_500, YES)), offset_ms=0.0) is None


@given(
    st.lists(st.tuples(st.floats(-200, 200), st.sampled_from([EARLY, YES, FULL])), max_size=40),
    st.floats(0, 0.1),
)
def test_the_bracket_is_never_upside_down(told: list[tuple[float, VerdictKind]], jitter_s: float) -> None:
    found = lesson(OPENING, known_clock(jitter_s), shots(*told), offset_ms=0.0)
    if found and found.refused_ms is not None and found.accepted_ms is not None and jitter_s:
        assert found.refused_ms <= found.accepted_ms


# Many openings


def test_one_opening_proves_nothing() -> None:
    assert Experience().threshold() is None
    assert known(bracketed(-31, -29)).threshold() is None


def test_openings_that_agree_narrow_it() -> None:
    two, many = known(*[bracketed(-32, -28)] * 2).threshold(), known(*[bracketed(-32, -28)] * 9).threshold()
    assert two
    assert many
    assert two.centre_ms == pytest.approx(-30, abs=0.1)
    assert many.spread_ms <= two.spread_ms < 3


def test_openings_that_say_different_things_within_their_bound_are_brought_together() -> None:
    found = known(bracketed(1, 2, 3), bracketed(-2, -1, 3), bracketed(0, 1, 3), bracketed(-1, 0, 3)).threshold()
    assert found
    assert found.centre_ms == pytest.approx(0, abs=0.5)


def test_one_freak_is_passed_over() -> None:
    usual = bracketed(-1, 1)
    for freak in (bracketed(60, 62), bracketed(-80, -79)):
        for lessons in ((usual, usual, freak, usual), (usual, usual, usual, freak)):
            found = known(*lessons).threshold()
            assert found
            assert abs(found.centre_ms) < 1
            assert found.spread_ms < 3


def test_a_club_that_has_changed_is_believed() -> None:
    found = known(*[bracketed(-1, 1)] * 10, *[bracketed(49, 51)] * 2).threshold()
    assert found
    assert found.centre_ms == pytest.approx(50, abs=0.5)


def test_a_club_that_has_become_quicker_is_searched_anew() -> None:
    # All that is seen is that whatever is sent comes in time.
    assert known(*[bracketed(49, 51)] * 10, *[bracketed(None, 40)] * 2).threshold() is None


def test_one_sided_openings_tell_something_within_limits() -> None:
    always_in_time = known(*[bracketed(None, -20)] * 3)
    assert always_in_time.threshold() is None
    found = always_in_time.threshold((-80, 0))
    assert found
    assert found.centre_ms == pytest.approx(-50, abs=1)
    assert found.spread_ms == pytest.approx(30, abs=1)


def test_the_work_of_the_club_is_what_its_quickest_recent_answer_took() -> None:
    assert Experience().service_s() is None
    lessons = [bracketed(0, 1).model_copy(update={"service_ms": ms}) for ms in (1.0, *[30.0] * 5, 20.0)]
    assert known(*lessons).service_s() == pytest.approx(0.02)


def test_a_club_is_contested_while_others_were_lately_seen_to_race() -> None:
    filled = lesson(OPENING, known_clock(), shots((0, YES)), offset_ms=0.0, filled=True)
    assert filled
    assert known(filled, bracketed(0, 1)).is_contested
    assert not known(filled, *[bracketed(0, 1)] * 6).is_contested


def test_the_oldest_lesson_is_forgotten() -> None:
    experience = Experience()
    for number in range(KEPT_LESSONS + 3):
        experience = experience.taught(bracketed(number, number + 1))
    assert [one.refused_ms for one in experience.lessons] == list(range(3, KEPT_LESSONS + 3))


def anything(low_ms: float, width_ms: float, bound_ms: float, side: str) -> Lesson:
    above = None if side == "below" else low_ms + width_ms
    return bracketed(None if side == "above" else low_ms, above, bound_ms)


lessons_of_any_kind = st.builds(
    anything, st.floats(-300, 300), st.floats(0, 100), st.floats(0, 1000), st.sampled_from(["both", "above", "below"])
)


@given(st.lists(lessons_of_any_kind, max_size=KEPT_LESSONS), st.none() | st.just((-80.0, 80.0)))
def test_whatever_was_taught_there_is_an_answer(lessons: list[Lesson], limits: tuple[float, float] | None) -> None:
    found = known(*lessons).threshold(limits)
    if found:
        assert -2000 < found.centre_ms < 2000
        assert 0 <= found.spread_ms < 4000
