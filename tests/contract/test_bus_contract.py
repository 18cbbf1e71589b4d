"""What every bus promises, over real HTTP."""

import asyncio
from datetime import datetime, timedelta

import pytest
from aiohttp import web
from support.consumers import accept, closed_port, consuming, held_until, noting, refuse, refusing
from support.families import ATTEMPTS, Family
from support.records import NOTHING_SENT, NOW, OPENING, a_request, asked_for, booked, claimed, scheduled, to_race
from support.waiting import eventually

from autotennis.domain.booking import Booking, Outcome
from autotennis.errors import NotFound
from autotennis.events import Event, WatchDue
from autotennis.flow import Service
from autotennis.push import Envelope


def raced_for() -> Booking:
    """One that a booker has in hand."""
    booking, _ = a_request("b-9")
    for step in (scheduled, claimed):
        booking, _ = step(booking)
    return booking


def a_fact_for_nobody() -> Event:
    """A Booked, which no service consumes yet."""
    return booked(raced_for())[1][0]


def found_full() -> Event:
    """A fact for the waitlist."""
    return raced_for().found_full(OPENING + timedelta(days=3), NOTHING_SENT, Outcome(), OPENING)[1][0]


def to_be_given_back(now: datetime) -> Event:
    """The wish to give the place of one and the same booking back."""
    return booked(raced_for())[0].withdrawal_asked(now)[1][0]


async def test_an_event_reaches_its_consumer_and_no_other(family: Family) -> None:
    async with (
        consuming() as timer,
        consuming() as booker,
        family.delivering({Service.TIMER: timer.url, Service.BOOKER: booker.url}, None),
    ):
        family.bus.publish(asked_for())
        family.bus.publish(to_race())
        await eventually(lambda: timer.times(asked_for()) and booker.times(to_race()), "both arrived")
    assert [event for event in timer.events if event.kind == "BookingRequested"] == [asked_for()]
    assert booker.events == [to_race()]


async def test_what_is_about_waiting_reaches_the_waitlist_and_no_other(family: Family) -> None:
    watch = WatchDue(at=NOW, club_id="ntnui-tennis")
    async with (
        consuming() as waitlist,
        consuming() as booker,
        family.delivering({Service.WAITLIST: waitlist.url, Service.BOOKER: booker.url}, None),
    ):
        family.bus.publish(found_full())
        family.bus.publish(watch)
        await eventually(lambda: waitlist.times(found_full()) and waitlist.times(watch), "both arrived")
        family.bus.publish(to_race())
        await eventually(lambda: booker.times(to_race()), "the later event arrived")
    assert sorted(waitlist.events, key=lambda event: event.kind) == [found_full(), watch]
    assert booker.events == [to_race()]


async def test_a_place_may_be_asked_to_be_given_back_again(family: Family) -> None:
    """What failed is asked for once more: that is no second delivery of the first wish."""
    first, second = to_be_given_back(OPENING), to_be_given_back(OPENING + timedelta(microseconds=1))
    async with consuming() as booker, family.delivering({Service.BOOKER: booker.url}, None):
        for event in (first, second):
            family.bus.publish(event)
            await eventually(lambda event=event: event in booker.events, "it arrived")


async def test_a_push_is_admitted_by_the_door_and_says_which_attempt_it_is(family: Family) -> None:
    async with consuming() as booker, family.delivering({Service.BOOKER: booker.url}, None):
        family.bus.publish(to_race())
        await eventually(lambda: booker.times(to_race()), "it arrived")
        (header,) = booker.authorizations
        assert header is not None
        for shown, admitted in ((header, True), ("", False), ("Bearer made-up", False), (f"{header}x", False)):
            assert await asyncio.to_thread(family.door.admits, shown) is admitted
    (envelope,) = booker.envelopes
    assert envelope.delivery_attempt == 1
    assert envelope.message.message_id
    assert envelope.message.publish_time
    assert envelope.subscription


async def test_an_event_without_a_consumer_is_taken_and_reaches_nobody(family: Family) -> None:
    async with (
        consuming() as timer,
        consuming() as booker,
        family.delivering({Service.TIMER: timer.url, Service.BOOKER: booker.url}, None),
    ):
        family.bus.publish(a_fact_for_nobody())
        family.bus.publish(to_race())
        await eventually(lambda: booker.times(to_race()), "the later event arrived")
    assert "Booked" not in {event.kind for event in timer.events + booker.events}


async def test_what_was_published_while_nobody_delivered_is_delivered_later(family: Family) -> None:
    with family.reopened() as other:
        other.bus.publish(to_race())
    async with consuming() as booker, family.delivering({Service.BOOKER: booker.url}, None):
        await eventually(lambda: booker.times(to_race()), "it arrived")


async def test_what_another_process_publishes_is_delivered(family: Family) -> None:
    async with consuming() as booker, family.delivering({Service.BOOKER: booker.url}, None):
        with family.reopened() as other:
            other.bus.publish(to_race())
            await eventually(lambda: booker.times(to_race()), "it arrived")


async def test_what_was_acknowledged_does_not_come_again(family: Family) -> None:
    async with consuming() as booker:
        async with family.delivering({Service.BOOKER: booker.url}, None):
            family.bus.publish(to_race("b-1"))
            await eventually(lambda: booker.times(to_race("b-1")), "the first arrived")
        async with family.delivering({Service.BOOKER: booker.url}, None):
            family.bus.publish(to_race("b-2"))
            await eventually(lambda: booker.times(to_race("b-2")), "the second arrived")
    assert booker.times(to_race("b-1")) == 1


async def test_a_refused_event_comes_again_with_a_higher_attempt(family: Family) -> None:
    async with consuming(refusing(2)) as booker, family.delivering({Service.BOOKER: booker.url}, None):
        family.bus.publish(to_race())
        await eventually(lambda: booker.times(to_race()) == 3, "it arrived three times")
    assert [envelope.delivery_attempt for envelope in booker.envelopes] == [1, 2, 3]
    assert family.bus.dead_letters() == []


async def test_what_is_always_refused_becomes_a_dead_letter_with_the_reason(family: Family) -> None:
    async with (
        consuming(refuse, on_refusal=noting(family.refusals, Service.BOOKER)) as booker,
        family.delivering({Service.BOOKER: booker.url}, None),
    ):
        family.bus.publish(to_race())
        await eventually(family.bus.dead_letters, "it was given up")
    (letter,) = family.bus.dead_letters()
    assert (letter.kind, letter.consumer, letter.attempts) == ("RaceDue", "booker", ATTEMPTS)
    assert letter.reason == "500 The racket is broken."
    assert booker.times(to_race()) == ATTEMPTS


async def test_a_fact_of_a_booking_that_is_always_refused_becomes_a_dead_letter_too(family: Family) -> None:
    """Facts come in their order, so a refused one could be in the way of itself."""

    def letters() -> list[tuple[str, str, int]]:
        # The timer is also told to sweep, by those who deliver.
        found = [(letter.kind, letter.consumer, letter.attempts) for letter in family.bus.dead_letters()]
        return [letter for letter in found if letter[0] != "SweepDue"]

    async with consuming(refuse) as timer, family.delivering({Service.TIMER: timer.url}, None):
        family.bus.publish(asked_for())
        await eventually(letters, "it was given up")
    assert letters() == [("BookingRequested", "timer", ATTEMPTS)]


async def test_looking_at_dead_letters_leaves_them_where_they_are(family: Family) -> None:
    async with consuming(refuse) as booker, family.delivering({Service.BOOKER: booker.url}, None):
        for number in range(3):
            family.bus.publish(to_race(f"b-{number}"))
        await eventually(lambda: len(family.bus.dead_letters()) == 3, "all were given up")
    found = family.bus.dead_letters()
    assert [letter.at for letter in found] == sorted((letter.at for letter in found), reverse=True)
    assert family.bus.dead_letters() == found
    assert family.bus.dead_letters(limit=2) == found[:2]


async def test_a_replayed_dead_letter_is_delivered_from_the_first_attempt(family: Family) -> None:
    async with consuming(refusing(ATTEMPTS)) as booker, family.delivering({Service.BOOKER: booker.url}, None):
        family.bus.publish(to_race())
        await eventually(family.bus.dead_letters, "it was given up")
        family.bus.replay(family.bus.dead_letters()[0].id)
        await eventually(lambda: booker.times(to_race()) == ATTEMPTS + 1, "it arrived again")
    assert booker.envelopes[-1].delivery_attempt == 1
    assert family.bus.dead_letters() == []


@pytest.mark.parametrize("letter_id", ["1", "999999", "no-such", ""])
def test_only_a_dead_letter_can_be_replayed(family: Family, letter_id: str) -> None:
    family.bus.publish(to_race())
    with pytest.raises(NotFound):
        family.bus.replay(letter_id)


async def test_a_request_held_past_its_deadline_is_delivered_again(family: Family) -> None:
    release = asyncio.Event()
    async with consuming(held_until(release)) as booker, family.delivering({Service.BOOKER: booker.url}, 0.2):
        family.bus.publish(to_race())
        await eventually(lambda: booker.times(to_race()) == 2, "it arrived again")
        release.set()


async def test_held_requests_delay_nobody(family: Family) -> None:
    release = asyncio.Event()
    async with (
        consuming(held_until(release)) as booker,
        consuming() as timer,
        family.delivering({Service.TIMER: timer.url, Service.BOOKER: booker.url}, None),
    ):
        for number in range(40):
            family.bus.publish(to_race(f"b-{number}"))
        await eventually(lambda: len(booker.events) == 40, "all forty are held at once")
        family.bus.publish(asked_for())
        await eventually(lambda: timer.times(asked_for()), "the other consumer got its own")
        release.set()


async def test_a_consumer_that_is_away_delays_nobody(family: Family) -> None:
    away = f"http://127.0.0.1:{closed_port()}"
    async with consuming() as timer, family.delivering({Service.TIMER: timer.url, Service.BOOKER: away}, None):
        for number in range(20):
            family.bus.publish(to_race(f"b-{number}"))
        family.bus.publish(asked_for())
        await eventually(lambda: timer.times(asked_for()), "the one that is there got its own")


async def test_a_consumer_that_comes_back_gets_what_it_missed(family: Family) -> None:
    port = closed_port()
    async with family.delivering({Service.BOOKER: f"http://127.0.0.1:{port}"}, None):
        for number in range(20):
            family.bus.publish(to_race(f"b-{number}"))
        async with consuming(port=port) as booker:
            await eventually(lambda: len({event.id for event in booker.events}) == 20, "all twenty arrived")
    assert family.bus.dead_letters() == []


async def test_a_consumer_that_dies_over_an_event_gets_it_again(family: Family) -> None:
    """The request of a killed service breaks off; once somebody listens there again, the event is back."""
    port = closed_port()
    async with family.delivering({Service.BOOKER: f"http://127.0.0.1:{port}"}, None):
        async with consuming(held_until(asyncio.Event()), port=port) as killed:
            family.bus.publish(to_race())
            await eventually(lambda: killed.times(to_race()), "it arrived")
        async with consuming(port=port) as restarted:
            await eventually(lambda: restarted.times(to_race()), "it arrived again")
    assert family.bus.dead_letters() == []


async def test_an_answer_that_is_no_success_is_a_refusal(family: Family) -> None:
    answers = iter([301, 400, 204])

    async def answer(_envelope: Envelope) -> web.Response:
        return web.Response(status=next(answers), headers={"Location": "/elsewhere"})

    async with consuming(answer) as booker, family.delivering({Service.BOOKER: booker.url}, None):
        family.bus.publish(to_race())
        await eventually(lambda: booker.times(to_race()) == 3, "it arrived three times")


async def test_two_events_of_one_id_are_both_delivered(family: Family) -> None:
    async with consuming(accept) as booker, family.delivering({Service.BOOKER: booker.url}, None):
        family.bus.publish(to_race())
        family.bus.publish(to_race())
        await eventually(lambda: booker.times(to_race()) == 2, "both arrived")
