"""The club's clock: offset, step and drift against the machine's."""

from practice_club.clock import ClubClock, Step


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


def test_it_steps_once_at_the_planned_instant() -> None:
    machine = Machine()
    clock = ClubClock(machine)
    clock.set(100)
    at_ns = machine.now_ns + 5_000_000_000
    clock.plan([Step(at_ns, -7_000_000)])
    assert clock.at_machine_ns(at_ns - 1) == at_ns - 1 + 100_000_000
    assert clock.at_machine_ns(at_ns) == at_ns + 93_000_000
    machine.now_ns = at_ns
    assert clock.offset_ms() == 93


def test_setting_the_clock_forgets_past_steps_and_keeps_those_to_come() -> None:
    machine = Machine()
    clock = ClubClock(machine)
    clock.plan([Step(machine.now_ns + 10, 3_000_000), Step(machine.now_ns + 20, 5_000_000)])
    machine.now_ns += 10
    clock.set(clock.offset_ms())
    assert clock.offset_ms() == 3
    machine.now_ns += 10
    assert clock.offset_ms() == 8


def test_a_new_plan_replaces_steps_to_come_and_no_others() -> None:
    machine = Machine()
    clock = ClubClock(machine)
    clock.plan([Step(machine.now_ns + 10, 3_000_000), Step(machine.now_ns + 20, 5_000_000)])
    machine.now_ns += 10
    clock.plan([Step(machine.now_ns + 20, 1_000_000)])
    machine.now_ns += 50
    assert clock.offset_ms() == 4


def test_it_knows_when_it_will_show_a_moment() -> None:
    machine = Machine()
    clock = ClubClock(machine)
    clock.set(1370, drift_ppm=100)
    wanted_ns = clock.now_ns() + 3600 * 10**9
    assert abs(clock.at_machine_ns(clock.machine_ns_in(wanted_ns)) - wanted_ns) <= 1
    assert clock.machine_ns_after(1.5) - machine.now_ns == 1_500_000_000
