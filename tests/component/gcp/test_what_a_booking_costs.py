"""What whole bookings use of Google, counted by the adapters themselves: docs/costs.md has to say the same.

Members ask two weeks ahead on the web pages; then it is suddenly just before the opening, and all are booked.
"""

from collections.abc import AsyncGenerator
from dataclasses import replace
from itertools import takewhile
from pathlib import Path
from typing import Final

import pytest
from support.api_site import CLUB_ID
from support.metered_cloud import Cloud, Instance, Used, each, metered_cloud, minus, plus

from autotennis.domain.booking import Booking, State
from autotennis.events import BookingRequested
from autotennis.member_secrets import was_refused
from autotennis_timer.handlers import Timer

DOCUMENT: Final = Path(__file__).parents[3] / "docs" / "costs.md"
COLUMNS: Final = ("reads", "writes", "deletes", "messages", "job calls", "key calls")
MANY: Final = 5


@pytest.fixture
async def cloud(tmp_path: Path) -> AsyncGenerator[Cloud]:
    """The services, with nobody registered."""
    async with metered_cloud(tmp_path) as cloud:
        yield cloud


async def test_the_document_says_what_is_used(cloud: Cloud) -> None:
    # Whoever comes first has the vault's keys made, which happens once in an installation's life.
    await cloud.admitted()
    measured = {**await everyday(cloud), **await whole_bookings(cloud)}
    assert measured == documented()


async def everyday(cloud: Cloud) -> dict[str, Used]:
    """What happens beside openings."""
    at_rest = await cloud.swept()
    visitor, account = await cloud.admitted()
    booking_id, _ = await cloud.asked(visitor, cloud.opening(13)[1])
    one, news = await cloud.shown(visitor, "/"), await cloud.shown(visitor, f"/bookings/{booking_id}/live")
    await cloud.asked(visitor, cloud.opening(13)[1])
    two = await cloud.shown(visitor, "/")
    return {
        "A member opens an account": account,
        "A sweep that finds nothing open": at_rest,
        "A sweep while bookings wait": await cloud.swept(),
        "The list is shown, with one booking": one,
        "A further booking in the list": minus(two, one),
        "An open page of a booking asks for news": news,
        **await an_instance_starts(cloud, cloud.scheduler.store.booking(booking_id)),
    }


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

    of_one, of_many = await cloud.opened(alone_at), await cloud.opened(together_at)
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
        "A race recalls its club and learns from the opening": minus(of_one.booker, race),
        "An opening with one booking, in all": plus(alone.api, alone.timer, of_one.timer, of_one.booker),
        "A further booking of it, in all": plus(further.api, further.timer, handed_over, race),
        "The page of a booking that is booked is shown": await cloud.shown(visitors[0], f"/bookings/{booking_id}"),
    }


def documented() -> dict[str, Used]:
    """The document's table of measured figures, in the order of Use."""
    rows = [[cell.strip(" *") for cell in line.strip("|").split("|")] for line in DOCUMENT.read_text().splitlines()]
    start = next(number for number, row in enumerate(rows) if row[0] == "step")
    assert rows[start] == ["step", "service", *COLUMNS]
    table = takewhile(lambda row: len(row) == len(rows[start]), rows[start + 2 :])
    return {step: tuple(map(int, figures)) for step, _, *figures in table}
