"""Delays, workers and login locks as arithmetic on instants."""

from heapq import heappop, heappush

from hypothesis import given
from hypothesis import strategies as st

from practice_club.knobs import Knobs
from practice_club.traffic import Journey, Traffic, Turn

MS_NS = 1_000_000


def _traffic(**knobs: object) -> Traffic:
    traffic = Traffic(seed=5)
    traffic.use(Knobs.model_validate(knobs))
    return traffic


def _work(before_ns: int, after_ns: int) -> Journey:
    return Journey(handshake_ns=0, in_ns=0, before_ns=before_ns, after_ns=after_ns, out_ns=0)


def test_delays_without_jitter_are_exact() -> None:
    traffic = _traffic(latency_in_ms=10, latency_out_ms=20, service_before_ms=0.5, service_after_ms=2)
    journey = traffic.journey(traffic.chance(1))
    assert journey == Journey(30 * MS_NS, 10 * MS_NS, 500_000, 2 * MS_NS, 20 * MS_NS)


def test_jitter_stays_within_its_size() -> None:
    traffic = _traffic(latency_in_ms=10, jitter_in_ms=5, service_jitter_ms=1)
    chance = traffic.chance(1)
    journeys = [traffic.journey(chance) for _ in range(200)]
    assert all(10 * MS_NS <= journey.in_ns <= 15 * MS_NS for journey in journeys)
    assert all(0 <= journey.before_ns <= MS_NS for journey in journeys)
    assert len({journey.in_ns for journey in journeys}) > 100


def test_the_same_seed_draws_the_same_for_each_connection() -> None:
    def drawn(seed: int, connection: int) -> list[Journey]:
        traffic = Traffic(seed)
        traffic.use(Knobs(jitter_in_ms=5, jitter_out_ms=5, service_jitter_ms=3))
        chance = traffic.chance(connection)
        return [traffic.journey(chance) for _ in range(5)]

    assert drawn(1, 7) == drawn(1, 7)
    assert drawn(1, 7) != drawn(1, 8)
    assert drawn(1, 7) != drawn(2, 7)


def test_only_a_new_connection_waits_for_the_rest_of_its_handshake() -> None:
    journey = Journey(handshake_ns=40, in_ns=20, before_ns=0, after_ns=0, out_ns=0)
    assert journey.arrives_ns(100, opened_ns=None) == 120
    assert journey.arrives_ns(100, opened_ns=100) == 160
    assert journey.arrives_ns(100, opened_ns=70) == 130
    assert journey.arrives_ns(100, opened_ns=10) == 120


def test_without_workers_and_locks_nobody_waits() -> None:
    traffic = _traffic()
    assert [traffic.turn(at_ns, "", _work(5, 3)) for at_ns in (100, 100)] == [Turn(105, 108)] * 2


def test_requests_of_one_login_follow_each_other_unless_the_club_does_not_lock() -> None:
    traffic = _traffic()
    assert traffic.turn(100, "mine", _work(5, 3)) == Turn(105, 108)
    assert traffic.turn(101, "yours", _work(5, 3)) == Turn(106, 109)
    assert traffic.turn(102, "mine", _work(5, 3)) == Turn(113, 116)
    unlocked = _traffic(session_lock=False)
    assert [unlocked.turn(100, "mine", _work(5, 3)) for _ in range(2)] == [Turn(105, 108)] * 2


def test_a_request_that_waits_for_its_login_keeps_its_worker() -> None:
    traffic = _traffic(workers=2)
    traffic.turn(0, "mine", _work(0, 100))
    assert traffic.turn(1, "mine", _work(0, 100)) == Turn(100, 200)
    assert traffic.turn(2, "yours", _work(0, 10)) == Turn(100, 110)


def test_a_lock_is_kept_however_many_others_come_meanwhile() -> None:
    traffic = _traffic()
    traffic.turn(0, "mine", _work(0, 1_000_000))
    for number in range(1_000):
        traffic.turn(number, f"other {number}", _work(0, 1))
    assert traffic.turn(2_000, "mine", _work(0, 1)).decided_ns == 1_000_000


def test_more_workers_begin_with_an_empty_queue() -> None:
    traffic = _traffic(workers=1)
    traffic.turn(0, "", _work(0, 1_000))
    traffic.use(Knobs(workers=2))
    assert traffic.turn(1, "", _work(0, 10)) == Turn(1, 11)


@given(st.integers(1, 4), st.lists(st.tuples(st.integers(0, 50), st.integers(0, 20)), max_size=40))
def test_workers_serve_in_the_order_of_arrival(workers: int, requests: list[tuple[int, int]]) -> None:
    """Against a queue played second by second: whoever came first gets the first worker that is free."""
    traffic = _traffic(workers=workers)
    requests.sort()
    turns = [traffic.turn(at_ns, "", _work(0, work_ns)) for at_ns, work_ns in requests]
    busy_until: list[int] = []
    begun: list[int] = []
    now = 0
    for at_ns, work_ns in requests:
        now = max(now, at_ns)
        while busy_until and busy_until[0] <= now:
            heappop(busy_until)
        if len(busy_until) == workers:
            now = heappop(busy_until)
        begun.append(now)
        heappush(busy_until, now + work_ns)
    assert [turn.decided_ns for turn in turns] == begun
