"""The club's clock: offset, step and drift against the machine's."""

from practice_club.clock import ClubClock


class Machine:
    """A machine clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now_ns = 1_800_000_000_000_000_000

    def __call__(self) -> int:
        return self.now_ns


def test_it_is_ahead_by_its_offset_to_the_nanosecond() -> None:
    machine = Machine()
    clock = ClubClock(machine)
    clock.set(1370.25)
    assert clock.now_ns() - machine.now_ns == 1_370_250_000
    clock.set(-0.5)
    assert clock.now_ns() - machine.now_ns == -500_000


def test_it_drifts_from_the_moment_that_it_is_told_to() -> None:
    machine = Machine()
    clock = ClubClock(machine)
    machine.now_ns += 3600 * 10**9
    clock.set(1000, drift_ppm=10)
    assert clock.offset_ms() == 1000
    machine.now_ns += 100 * 10**9
    assert clock.offset_ms() == 1001


def test_the_offset_for_a_moment_makes_it_that_moment() -> None:
    clock = ClubClock(Machine())
    wanted_ns = 1_700_000_000_000_000_000
    clock.set(clock.offset_ms_for(wanted_ns))
    assert clock.now_ns() == wanted_ns
