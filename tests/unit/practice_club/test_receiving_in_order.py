"""The reception on an agenda that is run by hand: what is decided when, and as of which instant."""

import asyncio

from practice_club.agenda import Agenda
from practice_club.club import PracticeClub
from practice_club.orders import NewSession
from practice_club.people import Member
from practice_club.reception import Call, Outcome, Reception
from practice_club.session import Session
from practice_club.site import Visit
from practice_club.times import write_spilletid
from practice_club.traffic import Journey
from practice_club.vocabulary import Verdict

MS_NS = 1_000_000
NOWHERE = Journey(handshake_ns=0, in_ns=0, before_ns=0, after_ns=0, out_ns=0)


class Scene:
    """A club whose session opens in a minute, and members who are logged in. Times are ms after the opening."""

    def __init__(self, capacity: int = 1, **knobs: object) -> None:
        self.club = PracticeClub(empty=True)
        self.session: Session = self.club.add_session(NewSession(opens_in_s=60, capacity=capacity))
        self.opens_ns = self.session.opens_ns(self.club.model.rules)
        self.club.turn(**knobs)
        self.agenda = Agenda()
        self.reception = Reception(self.club, self.agenda.plan)
        self.named = {"timeid": str(self.session.slot.timeid), "spilletid": write_spilletid(self.session.start)}

    def member(self) -> tuple[Member, dict[str, str]]:
        member = self.club.add_member()
        return member, {cookie.name: cookie.value for cookie in self.club.logins.open(member, 0)}

    def comes(
        self,
        who: tuple[Member, dict[str, str]],
        at_ms: float,
        *,
        connection: int = 1,
        journey: Journey = NOWHERE,
        query: dict[str, str] | None = None,
    ) -> asyncio.Future[Outcome]:
        member, cookies = who
        asked = {**self.named, "leggtilvikarid": str(member.id)} if query is None else query
        call = Call(
            visit=Visit("GET", "/timeinfo.php", asked, cookies),
            connection=connection,
            address="127.0.0.1",
            user_agent="a test",
            journey=journey,
            arrives_ns=self.at(at_ms),
            free_ns=0,
            outcome=asyncio.get_running_loop().create_future(),
        )
        self.reception.receive(call)
        return call.outcome

    def at(self, ms: float) -> int:
        return self.opens_ns + round(ms * MS_NS)

    def run_to(self, ms: float) -> None:
        self.agenda.run(self.at(ms))

    def decided_ms(self, coming: asyncio.Future[Outcome]) -> float:
        decided_ns = coming.result().record.decided_ns
        assert decided_ns is not None
        return (decided_ns - self.opens_ns) / MS_NS


def _verdict(coming: asyncio.Future[Outcome]) -> Verdict | None:
    return coming.result().record.verdict


async def test_who_arrived_first_is_decided_first_in_whatever_order_they_were_read() -> None:
    scene = Scene()
    late = scene.comes(scene.member(), 3)
    first = scene.comes(scene.member(), 1)
    early = scene.comes(scene.member(), -0.001)
    scene.run_to(10)
    assert [_verdict(one) for one in (early, first, late)] == [Verdict.NOT_OPEN, Verdict.SIGNED_UP, Verdict.FULL]
    assert [scene.decided_ms(one) for one in (early, first, late)] == [-0.001, 1, 3]
    numbers = [one.result().record.number for one in (early, first, late)]
    assert numbers == [1, 2, 3]


async def test_a_quick_request_overtakes_a_slow_one() -> None:
    scene = Scene()
    slow = scene.comes(scene.member(), 1, journey=Journey(0, 0, 30 * MS_NS, 50 * MS_NS, 0))
    quick = scene.comes(scene.member(), 20)
    scene.run_to(25)
    assert not slow.done()
    scene.run_to(40)
    assert (_verdict(quick), _verdict(slow)) == (Verdict.SIGNED_UP, Verdict.FULL)
    assert scene.decided_ms(slow) == 31
    assert slow.result().answered_ns == scene.at(81)


async def test_a_straggler_is_decided_as_of_its_own_instant_where_nothing_has_changed() -> None:
    scene = Scene(capacity=2)
    later = scene.comes(scene.member(), 9, query=scene.named)
    scene.run_to(10)
    assert _verdict(later) is Verdict.VIEWED
    straggler = scene.comes(scene.member(), 4)
    scene.run_to(10)
    assert (_verdict(straggler), scene.decided_ms(straggler)) == (Verdict.SIGNED_UP, 4)


async def test_a_straggler_takes_nothing_back() -> None:
    scene = Scene()
    winner = scene.comes(scene.member(), 9)
    scene.run_to(10)
    straggler = scene.comes(scene.member(), 4)
    scene.run_to(10)
    assert (_verdict(winner), _verdict(straggler)) == (Verdict.SIGNED_UP, Verdict.FULL)
    assert scene.decided_ms(straggler) == 9
    assert straggler.result().record.arrived_ns == scene.at(4)


async def test_rivals_come_between_requests_at_their_own_instants() -> None:
    scene = Scene(capacity=2, rivals=[{"after_opening_ms": 2}])
    one, other = scene.comes(scene.member(), 1), scene.comes(scene.member(), 3)
    scene.run_to(10)
    assert (_verdict(one), _verdict(other)) == (Verdict.SIGNED_UP, Verdict.FULL)
    assert [(change.at_ns - scene.opens_ns) / MS_NS for change in scene.session.history] == [1, 2]


async def test_each_server_decides_by_its_own_clock() -> None:
    scene = Scene(capacity=2, servers=[0, 40, -40])
    first, ahead, behind = (
        scene.comes(scene.member(), at_ms, connection=connection) for connection, at_ms in ((1, -1), (2, -39), (3, 39))
    )
    scene.run_to(100)
    assert [_verdict(one) for one in (first, ahead, behind)] == [
        Verdict.NOT_OPEN,
        Verdict.SIGNED_UP,
        Verdict.NOT_OPEN,
    ]
    assert scene.decided_ms(ahead) == 1
    assert [one.result().record.server for one in (first, ahead, behind)] == [0, 1, 2]


async def test_requests_of_one_login_queue_and_the_record_says_when_each_was_decided() -> None:
    scene = Scene()
    work = Journey(0, 0, 2 * MS_NS, 8 * MS_NS, 0)
    who = scene.member()
    comings = [scene.comes(who, at_ms, journey=work) for at_ms in (0, 1, 2)]
    scene.run_to(100)
    assert [scene.decided_ms(one) for one in comings] == [2, 12, 22]
    assert [_verdict(one) for one in comings] == [Verdict.SIGNED_UP, Verdict.ALREADY, Verdict.ALREADY]


async def test_nobody_sees_a_place_before_it_is_lost() -> None:
    scene = Scene(lose_accepted=1)
    accepted, next_one = scene.comes(scene.member(), 1), scene.comes(scene.member(), 2)
    scene.run_to(10)
    reply = accepted.result().reply
    assert reply is not None
    assert b"fjernvikarid" in reply.body
    assert _verdict(next_one) is Verdict.SIGNED_UP


class Unreadable(dict[str, str]):
    """A query that nobody can make sense of."""

    def get(self, *_: object) -> str:
        raise LookupError("what is meant?")


async def test_a_request_that_cannot_be_decided_is_the_only_one_to_fail() -> None:
    scene = Scene()
    broken, sound = scene.comes(scene.member(), 1, query=Unreadable()), scene.comes(scene.member(), 2)
    scene.run_to(10)
    assert isinstance(broken.exception(), LookupError)
    assert _verdict(sound) is Verdict.SIGNED_UP
