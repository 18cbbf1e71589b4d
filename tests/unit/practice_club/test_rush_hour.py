"""Visitors without sockets who fill the queue around an opening."""

from practice_club.club import PracticeClub
from practice_club.knobs import Knobs, Rush
from practice_club.orders import NewSession
from practice_club.rush import RushHour

MS_NS = 1_000_000
OPENING_NS = 1_800_000_000_000_000_000
RUSH = Rush(requests=100, from_ms=-500, to_ms=250)


def _rush_hour(seed: int = 1) -> RushHour:
    rush_hour = RushHour(seed)
    rush_hour.use(RUSH, OPENING_NS - 10_000 * MS_NS)
    return rush_hour


def test_all_come_once_within_their_time() -> None:
    rush_hour = _rush_hour()
    came = [
        instant
        for ms in range(-1000, 1000, 50)
        for instant in rush_hour.come([OPENING_NS, OPENING_NS], OPENING_NS + ms * MS_NS)
    ]
    assert len(came) == RUSH.requests
    assert came == sorted(came)
    assert OPENING_NS - 500 * MS_NS <= came[0] < came[-1] <= OPENING_NS + 250 * MS_NS


def test_they_come_alike_for_the_same_seed_at_whatever_hour() -> None:
    def relative(seed: int, opening_ns: int) -> list[int]:
        rush_hour = RushHour(seed)
        rush_hour.use(RUSH, opening_ns - 10_000 * MS_NS)
        return [instant - opening_ns for instant in rush_hour.come([opening_ns], opening_ns + 1000 * MS_NS)]

    assert relative(1, OPENING_NS) == relative(1, OPENING_NS + 86_400_000 * MS_NS)
    assert relative(1, OPENING_NS) != relative(2, OPENING_NS)


def test_nobody_comes_to_an_opening_that_was_before_the_knob() -> None:
    rush_hour = RushHour(1)
    rush_hour.use(RUSH, OPENING_NS + 300 * MS_NS)
    assert rush_hour.come([OPENING_NS], OPENING_NS + 1000 * MS_NS) == []
    rush_hour.use(None, OPENING_NS + 1000 * MS_NS)
    assert rush_hour.come([OPENING_NS + 2000 * MS_NS], OPENING_NS + 5000 * MS_NS) == []


def test_the_queue_is_as_long_as_the_rush_makes_it() -> None:
    knobs = Knobs(workers=1, service_after_ms=2, rush=Rush(requests=200, from_ms=-1, to_ms=0))
    club = PracticeClub(empty=True, knobs=knobs)
    session = club.add_session(NewSession(opens_in_s=60))
    opens_ns = session.opens_ns(club.model.rules) - (club.now_ns() - club.clock.now_ns())
    club.let_the_rush_in(opens_ns)
    turn = club.traffic.turn(opens_ns, "", club.traffic.journey(club.rush.chance))
    assert 398 * MS_NS < turn.decided_ns - opens_ns <= 400 * MS_NS
