"""What the harness of chaos holds against a run: each invariant tells of what breaks it, and of nothing else."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest
from chaos.invariants import Invariant, Known, violations
from support.records import NOW, a_request, booked, claimed, scheduled

from autotennis.domain.booking import Booking, Change, State
from autotennis.domain.channel import ChannelTrouble
from autotennis.domain.message import Message, MessageState
from autotennis.domain.pace import PROBES
from autotennis.events import Booked, BookingRequested, Event, Failed, Withdrawn
from autotennis.values import Choice, Failure, FailureReason, Proof
from autotennis_local.evening.judging import Change as Change_
from autotennis_local.evening.judging import Evening, SessionRecord, SignUps, Told, Wish
from autotennis_local.evening.programme import Kind, Opening, Twist

KEY = (194, "20261125T18:00:00")
ANNA = 20_201
WON: tuple[Callable[[Booking], Change], ...] = (scheduled, claimed, booked)


def a_booking(name: str = "b-1", steps: tuple[Callable[[Booking], Change], ...] = WON, **more: object) -> Booking:
    booking, _ = a_request(name)
    for step in steps:
        booking, _ = step(booking)
    return booking.model_copy(update=more)


def a_place(what: str = "signed_up", *, by_rival: bool = False) -> Change_:
    return Change_(member_id=ANNA, what=what, at_ns=0, by_rival=by_rival)


def a_record(*history: Change_, members: tuple[int, ...] = (ANNA,)) -> SessionRecord:
    return SessionRecord(
        timeid=KEY[0],
        spilletid=KEY[1],
        opens_ns=0,
        free=3,
        members=members,
        history=history or (a_place(),),
        overbooked=False,
        sign_ups=SignUps(by_member={str(ANNA): 3}),
    )


def an_evening(record: SessionRecord | None = None, state: State = State.BOOKED, received: int = 10) -> Evening:
    told = Told(id="b-1", state=state, requests_sent=8, sign_ups_sent=3)
    ends = frozenset({State.BOOKED})
    wish = Wish(Opening(1, Kind.GIVEN_BACK, 0.0, ()), KEY, ANNA, ends, Twist.NONE, told)
    return Evening((wish,), {KEY: record or a_record()}, {KEY: 0}, {ANNA: received}, received)


def a_message(fact: Event, booking: Booking) -> Message:
    made = Message(
        id=f"{fact.id}/by-mail",
        member_id=booking.member_id,
        channel_id="by-mail",
        fact=fact,
        made_at=NOW,
        due_at=NOW,
        changed_at=NOW,
    )
    return made.sent(NOW)


def messages_of(*bookings: Booking) -> list[Message]:
    facts = [
        (fact, one)
        for one in bookings
        for fact in (BookingRequested(**one.about(NOW)), Booked(**one.about(NOW), proof=Proof(seen_at=NOW)))
    ]
    return [a_message(fact, booking) for fact, booking in facts]


def published(*bookings: Booking) -> Counter[str]:
    return Counter(message.fact.id for message in messages_of(*bookings))


def known(*bookings: Booking) -> Known:
    """A run in which these were booked as they should be."""
    return Known(
        bookings=bookings,
        evening=an_evening(),
        published=published(*bookings),
        messages=messages_of(*bookings),
        letters=["<1@here>", "<2@here>"],
        probes=PROBES,
    )


FINE = known(a_booking())


def test_a_run_as_it_should_be_violates_nothing() -> None:
    assert violations(FINE) == []
    assert violations(replace(FINE, kills=1, letters=[*FINE.letters, "<2@here>"], probes=2 * PROBES)) == []


@pytest.mark.parametrize(("deaths", "is_held"), [(2, False), (3, True)])
def test_only_many_deaths_may_use_up_what_it_takes_to_find_out(deaths: int, *, is_held: bool) -> None:
    spent = Failure(reason=FailureReason.REQUEST_CAP)
    booking = a_booking(steps=(scheduled, claimed), state=State.FAILED, failure=spent, claim=None)
    fact = Failed(**booking.about(NOW), failure=spent)
    run = replace(
        FINE,
        bookings=[booking],
        evening=an_evening(state=State.FAILED),
        published=Counter({"BookingRequested/b-1": 1, "Failed/b-1": 1}),
        messages=[FINE.messages[0], a_message(fact, booking)],
        kills=9,
        visiting_kills=deaths,
    )
    assert [one.invariant for one in violations(run)] == ([] if is_held else [Invariant.AGREED] * 2)


BROKEN: list[tuple[str, Invariant, Known]] = [
    ("it has not ended", Invariant.ONE_END, replace(FINE, bookings=[a_booking(steps=(scheduled,))])),
    (
        "two live ones of a session",
        Invariant.ONE_END,
        known(a_booking(), a_booking("b-2")),
    ),
    (
        "two ends of one booking",
        Invariant.ONE_END,
        replace(
            FINE,
            published=FINE.published + Counter({"Withdrawn/b-1": 1, "BookingCancelled/b-1": 1}),
            messages=[*FINE.messages, a_message(Withdrawn(**a_booking().about(NOW)), a_booking())],
        ),
    ),
    ("booked without a place", Invariant.AGREED, replace(FINE, evening=an_evening(a_record(members=())))),
    (
        "a place given twice",
        Invariant.ONE_PLACE,
        replace(FINE, evening=an_evening(a_record(a_place(), a_place(), a_place("withdrawn")))),
    ),
    (
        "both of two alternatives",
        Invariant.ONE_CHOICE,
        known(
            a_booking(bond=Choice(id="bond", rank=0)),
            a_booking("b-2", bond=Choice(id="bond", rank=1), member_id="m-2"),
        ),
    ),
    ("more than is said was sent", Invariant.WITHIN_CAP, replace(FINE, evening=an_evening(received=20))),
    ("too many probes", Invariant.WITHIN_CAP, replace(FINE, probes=PROBES + 1)),
    ("a fact never published", Invariant.PUBLISHED, replace(FINE, published=Counter({"BookingRequested/b-1": 1}))),
    ("a wish never published", Invariant.PUBLISHED, replace(FINE, published=Counter({"Booked/b-1": 1}))),
    (
        "a fact twice on a bus that keeps it once",
        Invariant.ONE_EFFECT,
        replace(FINE, published=FINE.published + Counter({"Booked/b-1": 1})),
    ),
    ("a fact that nobody is told of", Invariant.ONE_EFFECT, replace(FINE, messages=FINE.messages[1:])),
    (
        "a message given up",
        Invariant.ONE_EFFECT,
        replace(
            FINE,
            messages=[
                *FINE.messages,
                FINE.messages[0].model_copy(update={"state": MessageState.DEAD, "trouble": ChannelTrouble.BUSY}),
            ],
        ),
    ),
    ("a letter twice without a kill", Invariant.ONE_EFFECT, replace(FINE, letters=["<1@here>", "<1@here>"])),
    ("more letters than messages", Invariant.ONE_EFFECT, replace(FINE, letters=["<1@here>", "<2@here>", "<3@here>"])),
    ("no letter", Invariant.ONE_EFFECT, replace(FINE, letters=[])),
    ("something waits", Invariant.NOTHING_WAITS, replace(FINE, waiting=["b-1 is claimed by the booker."])),
    ("something was asked in vain", Invariant.DONE, replace(FINE, refused=["Nobody did a wish."])),
]


@pytest.mark.parametrize(("invariant", "known"), [one[1:] for one in BROKEN], ids=[one[0] for one in BROKEN])
def test_each_violation_is_found_and_named(invariant: Invariant, known: Known) -> None:
    assert {one.invariant for one in violations(known)} == {invariant}


def test_each_invariant_is_tried() -> None:
    assert {invariant for _, invariant, _ in BROKEN} == set(Invariant)
