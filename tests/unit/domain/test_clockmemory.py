"""What a process remembers of a club's clock, for hours and over thousands of answers."""

from datetime import UTC, datetime, timedelta

from support.simulated_club import EPOCH_S, SimulatedClub

from autotennis.domain.clockevidence import Prior, Probe
from autotennis.domain.clockmemory import ClockMemory
from autotennis.domain.clubclock import ClubClock, next_probe_at
from autotennis.values import ClockDoubt, Lesson

START_S = 1000.0


def wall(reading_s: float) -> datetime:
    """Our wall clock at a reading of the monotonic one."""
    return datetime.fromtimestamp(EPOCH_S + reading_s, UTC)


def learned(memory: ClockMemory, club: SimulatedClub, at_s: float, probes: int = 10) -> float:
    """Sends aimed probes; gives the reading after them."""
    for _ in range(probes):
        sent_s = next_probe_at(memory.clock(at_s), at_s)
        answer = club.probed(sent_s)
        memory.add(answer, wall(answer.received_s), answer.received_s)
        at_s = sent_s + 0.2
    return at_s


def known(memory: ClockMemory, at_s: float) -> ClubClock:
    clock = memory.clock(at_s)
    assert clock
    return clock


def test_nothing_is_remembered_at_first() -> None:
    assert ClockMemory().clock(START_S) is None
    assert ClockMemory().doubts(START_S) == ()


def test_what_was_learned_is_kept_from_opening_to_opening() -> None:
    memory, club = ClockMemory(), SimulatedClub(EPOCH_S + 0.3)
    at_s = learned(memory, club, START_S)
    for _ in range(10):
        at_s = learned(memory, club, at_s + 600, probes=4)
    clock = known(memory, at_s)
    assert clock.low_s <= club.phi_at(0) <= clock.high_s
    assert clock.width_s < 0.005
    assert not clock.doubts


def test_a_step_between_two_openings_is_noticed() -> None:
    memory, club = ClockMemory(), SimulatedClub(EPOCH_S + 0.3)
    at_s = learned(memory, club, START_S)
    at_s = learned(memory, club, at_s + 600, probes=4)
    club.step(0.25)
    at_s = learned(memory, club, at_s + 600, probes=13)
    clock = known(memory, at_s)
    assert clock.doubts == (ClockDoubt.STEPPED,)
    assert clock.low_s <= club.phi_at(0) <= clock.high_s
    at_s = learned(memory, club, at_s + 600, probes=4)
    assert known(memory, at_s).doubts == (), "an old step is no doubt any more"


def test_thousands_of_answers_do_not_pile_up_nor_blur_what_is_known() -> None:
    memory, club = ClockMemory(), SimulatedClub(EPOCH_S + 0.3, 0.02, 0.005)
    for number in range(2000):
        answer = club.probed(START_S + 0.0317 * number)
        memory.add(answer, wall(answer.received_s), answer.received_s)
    clock = known(memory, START_S + 0.0317 * 2000)
    assert clock.probes <= 256
    assert clock.width_s < 0.01
    assert clock.low_s - 0.001 <= club.phi_at(0) <= clock.high_s + 0.001


def test_answers_may_come_in_another_order_than_they_were_asked_for() -> None:
    club = SimulatedClub(EPOCH_S + 0.3)
    answers = [club.probed(START_S + 0.37 * number) for number in range(20)]
    in_order, reversed_ = ClockMemory(), ClockMemory()
    for answer in answers:
        in_order.add(answer, wall(START_S + 8), START_S + 8)
    for answer in answers[::-1]:
        reversed_.add(answer, wall(START_S + 8), START_S + 8)
    assert in_order.clock(START_S + 8) == reversed_.clock(START_S + 8)


def test_two_servers_are_remembered_as_two() -> None:
    memory, here, elsewhere = ClockMemory(), SimulatedClub(EPOCH_S + 0.3), SimulatedClub(EPOCH_S + 0.6)
    for number in range(600):
        answer = (here, elsewhere)[number % 2].probed(START_S + 0.637 * number)
        memory.add(answer, wall(answer.received_s), answer.received_s)
    clock = known(memory, START_S + 0.637 * 600)
    assert clock.doubts == (ClockDoubt.SEVERAL_SERVERS,)
    assert clock.low_s <= here.phi_at(0) < elsewhere.phi_at(0) <= clock.high_s


def test_an_implausible_answer_is_only_noted_and_that_is_forgotten_after_a_while() -> None:
    memory = ClockMemory()
    memory.add(SimulatedClub(EPOCH_S + 3600).probed(START_S), wall(START_S), START_S)
    assert memory.clock(START_S) is None
    assert memory.doubts(START_S) == (ClockDoubt.IMPLAUSIBLE,)
    memory.note(ClockDoubt.NO_DATE, START_S + 100)
    assert memory.doubts(START_S + 200) == (ClockDoubt.NO_DATE,)


def test_that_all_answers_are_copies_is_remembered_though_nothing_is_known() -> None:
    memory, copied = ClockMemory(), SimulatedClub(EPOCH_S).probed(START_S)
    for later_s in (0.0, 3.0, 6.0):
        copy = Probe(START_S + later_s, START_S + later_s + 0.01, copied.date)
        memory.add(copy, wall(START_S + later_s), START_S + later_s)
    assert memory.clock(START_S + 6) is None
    assert memory.doubts(START_S + 6) == (ClockDoubt.STUCK,)


def test_what_others_measured_is_believed_only_while_we_know_nothing_ourselves() -> None:
    memory, club = ClockMemory(), SimulatedClub(EPOCH_S + 0.3)
    taught = Lesson(at=wall(START_S) - timedelta(minutes=1), bound_ms=1, round_trip_ms=2, jitter_ms=0, offset_ms=299)
    memory.believe(Prior.taught(taught, wall(START_S), START_S))
    assert known(memory, START_S).low_s <= club.phi_at(0) <= known(memory, START_S).high_s
    at_s = learned(memory, club, START_S)
    at_s = learned(memory, club, at_s + 600, probes=4)
    wrong = taught.model_copy(update={"offset_ms": 1000, "at": wall(at_s)})
    memory.believe(Prior.taught(wrong, wall(at_s), at_s))
    assert known(memory, at_s).low_s <= club.phi_at(0) <= known(memory, at_s).high_s
