"""Bookings whose races are over, as if they had been run. For figures that are to be told of them."""

from collections.abc import Callable
from datetime import datetime, timedelta

from support.api_site import CLUB_ID, HOLDER

from autotennis.domain.booking import Booking, Budget, Change, Outcome, State, Wish, requested
from autotennis.domain.member import Member
from autotennis.outbox import publish_outbox
from autotennis.ports import Ports
from autotennis.values import (
    Action,
    Attempt,
    ClockReading,
    Failure,
    FailureReason,
    Plan,
    PlanBasis,
    Proof,
    Session,
    Verdict,
    VerdictKind,
)

ROUND_TRIP_MS = 8.0


def made_operator(ports: Ports, member: Member) -> None:
    """The member may look after the installation."""
    ports.store.change_member(member.id, lambda it: it.model_copy(update={"is_operator": True}))


def fired(sent_ms: float) -> Outcome:
    """What a run found out that sent one sign-up too early and one that counts, so long after the opening."""
    sent = ((sent_ms - 20.0, VerdictKind.NOT_OPEN), (sent_ms, VerdictKind.SIGNED_UP))
    timeline = [
        Attempt(action=Action.SIGN_UP, sent_ms=at_ms, latency_ms=30.0, verdict=Verdict(kind=kind))
        for at_ms, kind in sent
    ]
    log_in = Attempt(
        action=Action.LOG_IN, sent_ms=-90_000.0, latency_ms=50.0, verdict=Verdict(kind=VerdictKind.LOGGED_IN)
    )
    return Outcome(
        timeline=(log_in, *timeline),
        clock=ClockReading(offset_ms=1370.0, bound_ms=4.0, round_trip_ms=ROUND_TRIP_MS, probes=9),
        plan=Plan(basis=PlanBasis.MEASURED, shots_ms=(sent_ms,), uncertain_ms=4.0),
    )


def a_past_race(
    ports: Ports,
    name: str,
    *,
    days: float = 1,
    opening_at: datetime | None = None,
    state: State = State.BOOKED,
    failure: FailureReason | None = None,
    sent_ms: float = 1.0,
    proven_ms: float = 200.0,
    requests: int = 10,
    sign_ups: int = 3,
) -> Booking:
    """A booking that opened some days ago, or then, and how it stands."""
    opening = opening_at or ports.clock.now() - timedelta(days=days)
    start = (opening + timedelta(hours=72)).replace(tzinfo=None, microsecond=0)
    wish = Wish(
        member_id=f"m-{name}".replace(" ", "-"),
        club_id=CLUB_ID,
        session=Session(timeid=7, start=start),
        opening_at=opening,
    )
    booking, facts = requested(f"b-{name}".replace(" ", "-"), wish, opening - timedelta(hours=1))
    ports.store.create((booking, facts))
    if state is State.REQUESTED:
        return booking
    publish_outbox(ports, booking.id)
    sent, outcome = Budget(requests=requests, sign_ups=sign_ups), fired(sent_ms)
    proof = Proof(seen_at=opening + timedelta(milliseconds=proven_ms))
    rules = ports.clubs[CLUB_ID].rules.race
    steps: list[Callable[[Booking], Change]] = [lambda it: it.wake_planned(opening)]
    if state is not State.SCHEDULED:
        steps.append(lambda it: it.claimed(HOLDER, rules, opening))
    if failure is not None:
        steps.append(lambda it: it.failed(Failure(reason=failure), sent, outcome, opening))
    elif state is State.BOOKED:
        steps.append(lambda it: it.booked(proof, sent, outcome, opening))
    for step in steps:
        booking = ports.store.change(booking.id, step)
    publish_outbox(ports, booking.id)
    return booking
