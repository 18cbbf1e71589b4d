"""What is planned is done in the order of the instants, whatever the order in which it became known."""

from functools import partial
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from practice_club.agenda import Agenda, Hold

LATEST = 1_000


def test_earlier_instants_come_first_and_equal_ones_as_they_were_planned() -> None:
    agenda, done = Agenda(), list[str]()
    for at_ns, name in ((30, "c"), (10, "a"), (20, "b1"), (20, "b2")):
        agenda.plan(at_ns, partial(done.append, name))
    agenda.run(25)
    assert done == ["a", "b1", "b2"]
    assert agenda.next_ns() == 30


def test_what_an_act_plans_takes_its_place_among_the_rest() -> None:
    agenda, done = Agenda(), list[int]()
    agenda.plan(10, lambda: agenda.plan(15, partial(done.append, 15)))
    agenda.plan(20, partial(done.append, 20))
    agenda.run(LATEST)
    assert done == [15, 20]


def test_nothing_overtakes_a_request_that_was_read_but_not_planned_yet() -> None:
    agenda, done = Agenda(), list[int]()
    agenda.plan(20, partial(done.append, 20))
    agenda.plan(40, partial(done.append, 40))
    hold = agenda.hold(30)
    agenda.run(LATEST)
    assert (done, agenda.next_ns()) == ([20], None)
    agenda.plan(35, partial(done.append, 35))
    hold.released = True
    agenda.run(LATEST)
    assert done == [20, 35, 40]


@given(st.lists(st.tuples(st.integers(0, LATEST), st.integers(0, 50)), max_size=40), st.randoms(use_true_random=False))
def test_held_requests_are_done_in_order_however_late_they_are_planned(
    requests: list[tuple[int, int]], chance: Random
) -> None:
    """Each is read at an instant and due some time after; all are announced, then planned in any order."""
    agenda, done = Agenda(), list[int]()
    announced: list[tuple[int, Hold]] = [(read + delay, agenda.hold(read)) for read, delay in requests]
    chance.shuffle(announced)
    for due_ns, hold in announced:
        agenda.plan(due_ns, partial(done.append, due_ns))
        hold.released = True
        agenda.run(LATEST * 2)
    assert done == sorted(read + delay for read, delay in requests)


@given(st.lists(st.integers(0, LATEST), max_size=40), st.lists(st.integers(0, LATEST), max_size=10))
def test_nothing_is_done_before_its_time_and_nothing_is_forgotten(planned: list[int], horizons: list[int]) -> None:
    agenda, done = Agenda(), list[int]()
    for at_ns in planned:
        agenda.plan(at_ns, partial(done.append, at_ns))
    for horizon_ns in [*sorted(horizons), LATEST]:
        agenda.run(horizon_ns)
        assert done == sorted(at_ns for at_ns in planned if at_ns <= horizon_ns)
