"""Races at hostile clubs and over hostile networks: each ends in the truth, within the caps, and says why.

The table is what docs/hostile.md tells of a race: a trouble, how the booking ends, and the reason that its member is
given.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from support.booking_desk import RACE, Desk, Way, booking_desk
from support.certificates import Issuer
from support.fault_proxy import (
    CUT_SHORT,
    DRIPPING,
    HALF_OPEN,
    NONE,
    RESET_AT_ONCE,
    RESET_IN_MID_ANSWER,
    SWALLOWED,
    FaultProxy,
    Faults,
    Then,
)
from support.situations import Round, Situation, Stories, race_at
from support.waiting import eventually

from autotennis.adapters.clubs.limits import Limits
from autotennis.adapters.local.wake import LocalWakeScheduler
from autotennis.domain.booking import State
from autotennis.domain.club import RaceRules
from autotennis.reasons import advice_about
from autotennis.values import Failure, FailureReason
from practice_club.knobs import ClockStep, Fault, FaultKind, Knobs
from practice_club.session import Session as ClubSession
from practice_club.vocabulary import Verdict as ClubVerdict

# The races of this module are run beside each other, by one worker.
pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.xdist_group("situations_hostile"),
    pytest.mark.long(60),
]

# Our client is less patient here, so that a silent club does not hold up the tests.
LIMITS = Limits(connect_s=1.5, read_s=1.5, total_s=4.0)
AT_ONCE = 12
SIGN_UP = b"leggtilvikarid="
ELSEWHERE = "http://127.0.0.2:9/portal"
# Leads to a page of the same club that sends one on again, wherever one comes from.
IN_CIRCLES = "/timeinfo.php?moved=1"
# What one is led to would be another sign-up.
TO_A_SIGN_UP = "/timeinfo.php?moved=1&leggtilvikarid=1"
# As the project ships them, but less patient.
SHIPPED = RaceRules(give_up_s=10.0)
PATIENT = RACE.model_copy(update={"give_up_s": 6.0})
THRIFTY = RaceRules(sign_ups=6, give_up_s=20.0, prove_s=2.0)
FEW = RaceRules(requests=20, give_up_s=2.0, prove_s=1.0)
# Of an answer that has no end: our limit, and what the network between us and the proxy holds on its way.
_MOST_FLOODED = 20_000_000
AHEAD_S = 14.0
AT_LAST_S = 0.8


@dataclass(frozen=True, slots=True)
class Row:
    """A trouble, and the end that a booking comes to there: booked, or failed for a reason."""

    situation: Situation
    reason: FailureReason | None = None
    # The club takes the member, and says so, and has lost that afterwards.
    forgets: bool = False


def club(kind: FaultKind, rules: RaceRules = RACE, deliveries: int = 1, **more: object) -> Situation:
    """A club that has this trouble with all requests, or as `more` says."""
    fault = Fault.model_validate({"kind": kind, **more})
    return Situation(Knobs(faults=(fault,)), rules, deliveries=deliveries)


def network(faults: Faults, rules: RaceRules = RACE) -> Situation:
    """A network with this trouble."""
    return Situation(Knobs(), rules, way=Way(faults, limits=LIMITS))


def clock(step_ms: float) -> Situation:
    """A club whose clock is put forward or back when nothing is measured any more and the sign-ups are made ready."""

    async def meanwhile(desk: Desk, session: ClubSession) -> None:
        at = datetime.fromtimestamp(desk.report(session)["opens_ns"] / 1e9 - AT_LAST_S, UTC)
        desk.club.turn(clock_steps=(ClockStep(step_ms=step_ms, at=at),))

    return Situation(Knobs(), SHIPPED, AHEAD_S, meanwhile=meanwhile)


def proxy_of(desk: Desk) -> FaultProxy:
    assert desk.proxy
    return desk.proxy


def once_read(do: Callable[[Desk], object]) -> Callable[[Desk, ClubSession], Awaitable[object]]:
    """Does something once the member is logged in and the page was read: the club is asked for its clock then."""

    async def meanwhile(desk: Desk, _session: ClubSession) -> None:
        await eventually(lambda: any(one.method == "HEAD" for one in desk.club.record.requests), "the page was read")
        do(desk)

    return meanwhile


async def break_every_handshake(desk: Desk, _session: ClubSession) -> None:
    """Nobody gets as far as to ask for anything."""
    proxy_of(desk).present(None)


async def cut_off_after_the_yes(desk: Desk, session: ClubSession) -> None:
    """The network is gone as soon as the club has taken the member, and comes back after a while."""
    proxy = proxy_of(desk)
    await eventually(session.takers, "the club said yes")
    proxy.faults = RESET_AT_ONCE
    proxy.drop()
    hit = proxy.hit
    await eventually(lambda: proxy.hit > hit, "it was asked for in vain")
    proxy.faults = NONE


NETWORK = {
    "far_away": Row(
        Situation(Knobs(), RaceRules(give_up_s=20, prove_s=15), 8.0, way=Way(Faults(latency_s=1.0, jitter_s=0.5)))
    ),
    "lossy": Row(Situation(Knobs(), SHIPPED, 6.0, way=Way(Faults(latency_s=0.05, jitter_s=0.05, loss=0.15)))),
    "half_open": Row(network(HALF_OPEN), FailureReason.CLUB_UNREACHABLE),
    "swallows_all": Row(network(SWALLOWED), FailureReason.CLUB_UNREACHABLE),
    "swallows_the_yes": Row(network(Faults(then=Then.SILENCE, asking=SIGN_UP))),
    "resets": Row(network(RESET_AT_ONCE), FailureReason.CLUB_UNREACHABLE),
    "resets_in_mid_answer": Row(network(RESET_IN_MID_ANSWER), FailureReason.CLUB_UNREACHABLE),
    "resets_in_mid_yes": Row(network(Faults(then=Then.RESET, after_bytes=600, asking=SIGN_UP))),
    "cuts_short": Row(network(CUT_SHORT), FailureReason.CLUB_UNREACHABLE),
    "cuts_the_yes_short": Row(network(Faults(then=Then.END, after_bytes=600, asking=SIGN_UP))),
    "drips": Row(network(DRIPPING), FailureReason.CLUB_UNREACHABLE),
    "drips_the_yes": Row(network(Faults(then=Then.DRIP, after_bytes=600, asking=SIGN_UP))),
    "floods": Row(network(Faults(then=Then.FLOOD, after_bytes=600)), FailureReason.CLUB_UNREACHABLE),
    "floods_after_the_yes": Row(network(Faults(then=Then.FLOOD, after_bytes=600, asking=SIGN_UP, times=2))),
    # The way is so long that the yes is noticed here before it is heard of there, and proven.
    "gone_after_the_yes": Row(
        replace(network(Faults(latency_s=0.15), PATIENT), meanwhile=cut_off_after_the_yes, deliveries=3)
    ),
}
CLUB = {
    "forbids": Row(club(FaultKind.FORBIDDEN), FailureReason.CLUB_BUSY),
    "asks_for_an_hour": Row(club(FaultKind.TOO_MANY_REQUESTS, retry_after_s=3600), FailureReason.CLUB_BUSY),
    "breaks_at_sign_ups": Row(club(FaultKind.SERVER_ERROR, action="sign_up"), FailureReason.CLUB_BUSY),
    "breaks_after_the_yes": Row(club(FaultKind.SERVER_ERROR, PATIENT, action="sign_up", acts=True)),
    "moves_the_login": Row(
        club(FaultKind.MOVED, action="login", location=ELSEWHERE), FailureReason.PAGE_NOT_UNDERSTOOD
    ),
    "moves_the_page": Row(club(FaultKind.MOVED, action="view", location=ELSEWHERE), FailureReason.PAGE_NOT_UNDERSTOOD),
    "moves_sign_ups": Row(
        club(FaultKind.MOVED, action="sign_up", location=ELSEWHERE), FailureReason.PAGE_NOT_UNDERSTOOD
    ),
    "moves_after_the_yes": Row(club(FaultKind.MOVED, action="sign_up", location=ELSEWHERE, acts=True)),
    "leads_in_circles": Row(club(FaultKind.MOVED, location=IN_CIRCLES), FailureReason.PAGE_NOT_UNDERSTOOD),
    "leads_in_circles_at_last": Row(
        club(FaultKind.MOVED, FEW, deliveries=9, location=IN_CIRCLES, skip=3), FailureReason.REQUEST_CAP
    ),
    "leads_to_sign_ups": Row(
        club(FaultKind.MOVED, action="sign_up", location=TO_A_SIGN_UP), FailureReason.PAGE_NOT_UNDERSTOOD
    ),
    "shows_the_login_for_the_page": Row(club(FaultKind.LOGIN_PAGE, action="view"), FailureReason.LOGIN_REFUSED),
    "shows_the_login_for_sign_ups": Row(
        club(FaultKind.LOGIN_PAGE, THRIFTY, action="sign_up"), FailureReason.REQUEST_CAP
    ),
    "shows_the_login_after_the_yes": Row(club(FaultKind.LOGIN_PAGE, action="sign_up", acts=True)),
    "writes_other_letters": Row(club(FaultKind.OTHER_LETTERS), FailureReason.PAGE_NOT_UNDERSTOOD),
    "writes_the_yes_in_other_letters": Row(club(FaultKind.OTHER_LETTERS, action="sign_up")),
    "loses_the_yes": Row(Situation(Knobs(lose_accepted=1), PATIENT), forgets=True),
    "loses_every_yes": Row(Situation(Knobs(lose_accepted=100), THRIFTY), FailureReason.REQUEST_CAP, forgets=True),
}
CLOCK = {
    "runs_fast": Row(Situation(Knobs(clock_drift_ppm=9000), SHIPPED, AHEAD_S)),
    "runs_slow": Row(Situation(Knobs(clock_drift_ppm=-9000), SHIPPED, AHEAD_S)),
    "jumps_ahead_at_last": Row(clock(3000)),
    "falls_back_at_last": Row(clock(-3000)),
    "falls_far_back_at_last": Row(clock(-100_000), FailureReason.NOT_OPENED),
    "jumps_by_a_day": Row(
        Situation(Knobs(), SHIPPED, AHEAD_S, meanwhile=once_read(lambda desk: desk.club.step_clock(86_400_000)))
    ),
    "stops_telling": Row(club(FaultKind.NO_DATE, SHIPPED, skip=4)),
}


def identity(directory: Path) -> Mapping[str, Row]:
    """Clubs that cannot prove who they are, from the beginning or from some moment on."""
    issuer = Issuer(directory)

    def tls(host: str = "localhost", days: int = 1) -> Situation:
        way = Way(tls=issuer.server(host, timedelta(days=days)), limits=LIMITS)
        return Situation(Knobs(), PATIENT, way=way)

    def from_then_on(host: str | None) -> Situation:
        """After the first look, another certificate is shown, or every handshake breaks."""
        shown = None if host is None else issuer.server(host)
        meanwhile = once_read(lambda desk: proxy_of(desk).present(shown))
        return replace(tls(), rules=FEW, opens_in_s=AHEAD_S, meanwhile=meanwhile, deliveries=9)

    return {
        "proves_itself": Row(tls()),
        "has_expired": Row(tls(days=-1), FailureReason.CLUB_UNTRUSTED),
        "has_another_name": Row(tls("elsewhere.example"), FailureReason.CLUB_UNTRUSTED),
        "breaks_every_handshake": Row(replace(tls(), meanwhile=break_every_handshake), FailureReason.CLUB_UNREACHABLE),
        "has_another_name_at_the_opening": Row(from_then_on("elsewhere.example"), FailureReason.REQUEST_CAP),
        "breaks_handshakes_at_the_opening": Row(from_then_on(None), FailureReason.REQUEST_CAP),
    }


# Some of them are made only when there is an issuer.
NAMES = [
    *(NETWORK | CLUB | CLOCK),
    "proves_itself",
    "has_expired",
    "has_another_name",
    "breaks_every_handshake",
    "has_another_name_at_the_opening",
    "breaks_handshakes_at_the_opening",
]


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Generator[Mapping[str, Row]]:
    """The table, with clubs whose issuer this machine trusts."""
    directory = tmp_path_factory.mktemp("issuer")
    with pytest.MonkeyPatch.context() as environment:
        told = identity(directory)
        environment.setenv("SSL_CERT_FILE", str(directory / "issuer.pem"))
        yield {**NETWORK, **CLUB, **CLOCK, **told}


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def stories(tmp_path_factory: pytest.TempPathFactory, rows: Mapping[str, Row]) -> AsyncGenerator[Stories]:
    """The races of all rows."""
    begun = Stories(tmp_path_factory.mktemp("hostile"), {name: row.situation for name, row in rows.items()}, AT_ONCE)
    yield begun
    await begun.aclose()


@pytest.mark.parametrize("name", NAMES)
async def test_it_ends_in_the_truth_and_says_why(stories: Stories, rows: Mapping[str, Row], name: str) -> None:
    told, reason = await stories.of(name), rows[name].reason
    assert told.reasons == {reason}
    assert told.states == {State.BOOKED if reason is None else State.FAILED}
    told.ends_in_the_truth()
    if reason is not None:
        assert advice_about(Failure(reason=reason), waited=False), "it says what to do"


@pytest.mark.parametrize("name", NAMES)
async def test_the_caps_hold_and_nobody_is_signed_up_twice(
    stories: Stories, rows: Mapping[str, Row], name: str
) -> None:
    told = await stories.of(name)
    told.is_within_the_caps()
    if not rows[name].forgets:
        told.is_left_alone_after_the_yes()
        assert _taken(told) <= 1


def _taken(told: Round) -> int:
    """How often the club has given the member a place."""
    return [request.verdict for request in told.sign_ups].count(ClubVerdict.SIGNED_UP)


async def test_an_answer_without_end_is_cut_off(stories: Stories) -> None:
    told = await stories.of("floods")
    assert 0 < told.flooded_bytes < _MOST_FLOODED * told.booking.requests_sent


async def test_who_cannot_prove_to_be_the_club_is_asked_nothing(stories: Stories) -> None:
    for name in ("has_expired", "has_another_name", "breaks_every_handshake"):
        assert (await stories.of(name)).requests == ()


async def test_a_club_that_falls_back_by_an_hour_is_waited_for(tmp_path: Path) -> None:
    """It opens later, by its own clock: the booking is woken again for that, and is not lost."""
    situation = clock(-3_600_000)
    async with booking_desk(tmp_path, situation.knobs, race=situation.rules) as desk:
        told = await race_at(desk, situation)
        told.is_within_the_caps()
        assert (told.states, told.has_place) == ({State.SIGNING_UP}, (False,))
        assert told.booking.claim is None
        later_s = (told.booking.opening_at - desk.ports.clock.now()).total_seconds()
        assert later_s == pytest.approx(3600, abs=90)
        wake = desk.ports.wake
        assert isinstance(wake, LocalWakeScheduler)
        assert wake.next_at() is not None
