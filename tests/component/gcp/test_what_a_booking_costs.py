"""What whole bookings use of Google, counted by the adapters themselves: docs/costs.md has to say the same.

Members ask two weeks ahead on the web pages; then it is suddenly just before the opening, and all are booked.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from itertools import takewhile
from pathlib import Path
from typing import Final

import pytest
from support.api_site import CLUB_ID, Visitor
from support.metered_cloud import (
    A_WATCH,
    LIGHT,
    MOST_LIGHTS,
    PLACES,
    Cloud,
    Instance,
    Spent,
    Used,
    each,
    metered_cloud,
    minus,
    plus,
    times,
)

from autotennis.domain.booking import Booking, State
from autotennis.events import BookingRequested, SessionFull
from autotennis.member_secrets import was_refused
from autotennis.outbox import publish_outbox
from autotennis.visiting.gate import Gate
from autotennis_timer.handlers import Timer
from autotennis_waitlist.trying import Turn, Turns
from practice_club.session import Session as ClubSession

DOCUMENT: Final = Path(__file__).parents[3] / "docs" / "costs.md"
COLUMNS: Final = ("reads", "writes", "deletes", "messages", "job calls", "key calls")
MANY: Final = 5
WAITING: Final = 3


@pytest.fixture
async def cloud(tmp_path: Path) -> AsyncGenerator[Cloud]:
    """The services, with nobody registered."""
    async with metered_cloud(tmp_path) as cloud:
        yield cloud


async def test_the_document_says_what_is_used(cloud: Cloud) -> None:
    # Whoever comes first has the vault's keys made, which happens once in an installation's life.
    await cloud.admitted()
    booked = {**await everyday(cloud), **await whole_bookings(cloud)}
    waited = await waits(cloud, booked["A race recalls its club and learns from the opening"])
    assert {**booked, **waited} == documented()


async def everyday(cloud: Cloud) -> dict[str, Used]:
    """What happens beside openings."""
    at_rest = await cloud.swept()
    visitor, account = await cloud.admitted()
    booking_id, _ = await cloud.asked(visitor, cloud.opening(13)[1])
    one, news = await cloud.shown(visitor, "/"), await cloud.shown(visitor, f"/bookings/{booking_id}/live")
    await cloud.asked(visitor, cloud.opening(13)[1])
    two = await cloud.shown(visitor, "/")
    streamed = (await cloud.spent(lambda: begin_stream(visitor, booking_id))).api
    return {
        "A member opens an account": account,
        "A sweep that finds nothing open": at_rest,
        "A sweep while anything is open": await cloud.swept(),
        "The list is shown, with one booking": one,
        "A further booking in the list": minus(two, one),
        "An open page of a booking asks for news": news,
        "An open page of a booking is given a stream": streamed,
        **await an_instance_starts(cloud, cloud.scheduler.store.booking(booking_id)),
    }


def begin_stream(visitor: Visitor, booking_id: str) -> None:
    """Until the first news."""
    answer = visitor.client.get(f"/bookings/{booking_id}/live/stream")
    chunks = answer.iter_encoded()
    assert next(chunks).startswith(b"retry")
    assert next(chunks).startswith(b"id")
    answer.close()


async def an_instance_starts(cloud: Cloud, booking: Booking) -> dict[str, Used]:
    """What a process uses because it remembers nothing."""
    booker = cloud.booker.ports

    def open_secret() -> object:
        return was_refused(booker.vault, booking.member_id, CLUB_ID)

    first, second = (await cloud.spent(open_secret)).booker, (await cloud.spent(open_secret)).booker
    life = await cloud.spent(lambda: booker.store.keep_alive("another", booker.clock.now()))
    with cloud.scheduler.reopened() as family:
        ports = replace(cloud.timer.ports, store=family.store, bus=family.bus, wake=family.wake)
        await Timer(ports).on_booking_requested(BookingRequested(**booking.about(booking.created_at)))
        redelivered = Instance(ports, family).used()
    return {
        "An instance opens its first secret": minus(first, second),
        "An instance that races gives a sign of life": life.booker,
        "A wish comes again, to a timer just started": redelivered,
    }


async def whole_bookings(cloud: Cloud) -> dict[str, Used]:
    """One booking of an opening, and several of another."""
    visitors = [(await cloud.admitted())[0] for _ in range(1 + MANY)]
    (alone_at, alone_link), (together_at, together_link) = cloud.opening(14), cloud.opening(15)
    links = [alone_link, *(together_link for _ in range(MANY))]
    asked = [await cloud.asked(visitor, link) for visitor, link in zip(visitors, links, strict=True)]
    (booking_id, alone), (_, first), (_, further), *others = asked
    assert first == alone
    assert [spent for _, spent in others] == [further] * len(others)

    of_one = await cloud.opened(alone_at)
    assert len(cloud.lights) <= MOST_LIGHTS, "a race tells how far it has come, but not often"
    of_many = await cloud.opened(together_at)
    assert len(cloud.lights) <= MANY * MOST_LIGHTS
    assert {cloud.scheduler.store.booking(one).state for one, _ in asked} == {State.BOOKED}
    race = each(MANY - 1, minus(of_many.booker, of_one.booker))
    handed_over = each(MANY - 1, minus(of_many.timer, of_one.timer))
    return {
        "A member asks for a place (5 requests)": alone.api,
        "The first wish for an opening is planned": alone.timer,
        "A further wish for it is planned": further.timer,
        "An opening with one booking is handed over": of_one.timer,
        "A further booking is handed over with it": handed_over,
        "A booking is raced for and booked": race,
        "A race tells how far it has come": await lit(cloud, booking_id),
        "A race recalls its club and learns from the opening": minus(of_one.booker, race),
        "An opening with one booking, in all": plus(
            alone.api, alone.timer, of_one.timer, of_one.booker, times(MOST_LIGHTS, LIGHT)
        ),
        "A further booking of it, in all": plus(
            further.api, further.timer, handed_over, race, times(MOST_LIGHTS, LIGHT)
        ),
        "The page of a booking that is booked is shown": await cloud.shown(visitors[0], f"/bookings/{booking_id}"),
    }


async def lit(cloud: Cloud, booking_id: str) -> Used:
    """What a write of how far it has come uses."""
    store, now = cloud.booker.ports.store, cloud.clock.now()
    # The verb is for whoever holds the claim, and this booking has ended: the write is the same.
    spent = await cloud.spent(
        lambda: store.change(booking_id, lambda found: (found.model_copy(update={"changed_at": now}), ()))
    )
    return spent.booker


async def waits(cloud: Cloud, learned: Used) -> dict[str, Used]:
    """Three bookings that wait, one after another; one of them is tried for in vain and one gets its place."""
    sessions = [cloud.session(16 + number, taken=PLACES) for number in range(WAITING)]
    asked = [await cloud.asked((await cloud.admitted())[0], cloud.club.link(session)) for _, session in sessions]
    ids = [booking_id for booking_id, _ in asked]
    opened: list[Spent] = []
    looks: list[Used] = []
    for opens_at, _ in sessions:
        # SessionFull, and the first look without waiting for the calendar.
        opened.append(await cloud.opened(opens_at, cloud.waitlist, cloud.waitlist))
        looks.append(await cloud.watched())
    first, second, third = opened
    # A write that meets another of the same booking is made again, now and then: the least is what it takes.
    race = min(one.booker for one in opened)
    a_further = minus(looks[1], looks[0])
    assert minus(looks[2], looks[1]) == minus(third.waitlist, second.waitlist) == a_further
    return {
        "A race finds its session full": minus(race, learned),
        "The first at a club comes into the line": first.waitlist,
        "A further one comes into it in the same minute": await comes_too(cloud, ids[-1]),
        "A look for freed places while one waits": looks[0],
        "A further one who waits, at each look": a_further,
        **await tries(cloud, ids[0], sessions[0][1], looks[-1]),
        **await ends(cloud, ids, looks[1]),
    }


async def comes_too(cloud: Cloud, booking_id: str) -> Used:
    """What it uses that the waitlist hears twice in a minute that somebody waits."""
    booking = cloud.scheduler.store.booking(booking_id)
    full = SessionFull(**booking.about(cloud.clock.now()), **booking.raced())
    cloud.move(cloud.clock.now() + A_WATCH)
    await cloud.spent(lambda: cloud.scheduler.bus.publish(full), cloud.waitlist, cloud.waitlist)
    return (await cloud.spent(lambda: cloud.scheduler.bus.publish(full), cloud.waitlist)).waitlist


async def tries(cloud: Cloud, booking_id: str, session: ClubSession, a_look: Used) -> dict[str, Used]:
    """A try for a place that is gone, one for a place that is there, and the place is given back."""
    waitlist, store = cloud.waitlist.ports, cloud.scheduler.store
    booking = store.booking(booking_id)
    # An instance's first secret stands apart.
    was_refused(waitlist.vault, booking.member_id, CLUB_ID)

    def miss() -> None:
        club = waitlist.clubs[CLUB_ID]
        assert asyncio.run(Turns(waitlist, club, Gate(waitlist.clock, 1), "waitlist").take(booking)) is Turn.OVER

    missed = (await cloud.spent(miss)).waitlist
    assert store.booking(booking_id).state is State.WAITING
    cloud.club.free(session)
    taken = minus(await cloud.watched(), a_look)
    assert store.booking(booking_id).state is State.BOOKED
    return {
        "A freed place is tried for, and was gone": missed,
        "A freed place is tried for and taken": taken,
        "A place is given back": await given_back(cloud, booking_id),
    }


async def given_back(cloud: Cloud, booking_id: str) -> Used:
    """What it uses beside the page on which it is asked for."""

    def ask_for_it() -> None:
        ports = cloud.api.ports
        ports.store.change(booking_id, lambda found: found.withdrawal_asked(ports.clock.now()))
        publish_outbox(ports, booking_id)

    spent = await cloud.spent(ask_for_it, cloud.booker)
    assert cloud.scheduler.store.booking(booking_id).state is State.WITHDRAWN
    return spent.booker


async def ends(cloud: Cloud, ids: Sequence[str], a_look_for_two: Used) -> dict[str, Used]:
    """One waits until the session starts, the last one changes their mind."""
    store = cloud.scheduler.store
    second, third = (store.booking(booking_id) for booking_id in ids[1:])
    assert second.wait
    cloud.move(second.wait.until)
    in_vain = minus(await cloud.watched(), a_look_for_two)
    assert store.booking(second.id).state is State.FAILED
    store.change(third.id, lambda found: found.cancelled(cloud.clock.now()))
    return {
        "A wait ends without a place": in_vain,
        "A look that finds nobody waiting": await cloud.watched(),
    }


def documented() -> dict[str, Used]:
    """The document's table of measured figures, in the order of Use."""
    rows = [[cell.strip(" *") for cell in line.strip("|").split("|")] for line in DOCUMENT.read_text().splitlines()]
    start = next(number for number, row in enumerate(rows) if row[0] == "step")
    assert rows[start] == ["step", "service", *COLUMNS]
    table = takewhile(lambda row: len(row) == len(rows[start]), rows[start + 2 :])
    return {step: tuple(map(int, figures)) for step, _, *figures in table}
