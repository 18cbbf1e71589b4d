"""What every Store promises about what is learned of a club."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta, timezone
from math import inf

import pytest
from support.families import Family
from support.lessons import a_lesson, known_from
from support.records import CLUB, OPENING

from autotennis.domain.experience import KEPT_LESSONS, Experience
from autotennis.values import Lesson

NEVER_ACCEPTED = a_lesson().model_copy(update={"accepted_ms": None})
NOTHING_ANSWERED = a_lesson().model_copy(update={"refused_ms": None, "accepted_ms": None, "service_ms": None})
CLOCK_UNKNOWN = a_lesson().model_copy(update={"bound_ms": inf, "offset_ms": -1 / 3})
ELSEWHERE = Lesson.model_validate({**dict(a_lesson()), "at": OPENING.astimezone(timezone(timedelta(hours=2)))})


def test_nothing_is_known_of_a_club_before_its_first_opening(family: Family) -> None:
    assert family.store.experience(CLUB) == Experience()
    assert family.store.experience("a club/nobody knows") == Experience()


def test_lessons_are_known_in_the_order_in_which_they_were_taught(family: Family) -> None:
    assert family.store.teach(CLUB, a_lesson(0)) == known_from(0)
    # Whatever the instants say: what was learned last counts as the newest.
    assert family.store.teach(CLUB, a_lesson(2)) == known_from(0, 2)
    assert family.store.teach(CLUB, a_lesson(1)) == known_from(0, 2, 1) == family.store.experience(CLUB)


@pytest.mark.parametrize(
    "lesson",
    [a_lesson(), NEVER_ACCEPTED, NOTHING_ANSWERED, CLOCK_UNKNOWN, ELSEWHERE],
    ids=["whole", "never accepted", "nothing answered", "clock unknown", "of another zone"],
)
def test_a_lesson_comes_back_as_it_was(family: Family, lesson: Lesson) -> None:
    family.store.teach(CLUB, lesson)
    (kept,) = family.store.experience(CLUB).lessons
    assert kept == lesson
    assert kept.at.utcoffset() == timedelta()


def test_the_same_lesson_may_be_taught_twice(family: Family) -> None:
    family.store.teach(CLUB, a_lesson())
    assert family.store.teach(CLUB, a_lesson()) == known_from(0, 0)


def test_the_oldest_lessons_are_forgotten(family: Family) -> None:
    numbers = range(KEPT_LESSONS + 2)
    for number in numbers:
        family.store.teach(CLUB, a_lesson(number))
    assert family.store.experience(CLUB) == known_from(*numbers)
    assert len(family.store.experience(CLUB).lessons) == KEPT_LESSONS


def test_each_club_teaches_for_itself(family: Family) -> None:
    family.store.teach(CLUB, a_lesson(1))
    assert family.store.teach("another-club", a_lesson(2)) == known_from(2)
    assert family.store.experience(CLUB) == known_from(1)


def test_of_lessons_taught_at_once_by_two_processes_none_is_lost(family: Family) -> None:
    numbers = range(KEPT_LESSONS)
    with ExitStack() as processes, ThreadPoolExecutor(KEPT_LESSONS) as pool:
        stores = [family.store, processes.enter_context(family.reopened()).store]

        def teach(number: int) -> Experience:
            return stores[number % 2].teach(CLUB, a_lesson(number))

        answers = list(pool.map(teach, numbers))
    known = family.store.experience(CLUB)
    assert sorted(known.lessons, key=lambda lesson: lesson.at) == [a_lesson(number) for number in numbers]
    # Each was told what was known when its own lesson had been added.
    assert sorted(len(answer.lessons) for answer in answers) == [number + 1 for number in numbers]
    assert all(answer.lessons == known.lessons[: len(answer.lessons)] for answer in answers)
    assert all(answer.lessons[-1] == a_lesson(number) for number, answer in zip(numbers, answers, strict=True))


def test_what_was_learned_is_known_to_the_next_process(family: Family) -> None:
    family.store.teach(CLUB, a_lesson(1))
    with family.reopened() as other:
        assert other.store.experience(CLUB) == known_from(1)
        other.store.teach(CLUB, a_lesson(2))
    assert family.store.experience(CLUB) == known_from(1, 2)
