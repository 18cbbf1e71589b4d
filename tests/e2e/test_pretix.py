"""The whole system at a real shop of pretix: what it promises of places is held against the shop's own orders."""

import asyncio
import json
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio
from pydantic import HttpUrl, SecretStr
from support.pretix_site import TIMEOUT_S, Date, PretixSite, running_pretix
from support.waiting import eventually, eventually_beside, never

from autotennis.adapters.clubs.pretix.kind import PRETIX
from autotennis.domain.booking import FINAL, Booking, State
from autotennis.domain.club import ClubRules, WatchRules
from autotennis.values import FailureReason
from autotennis_local.backbone import Insight
from autotennis_local.system import LocalSystem, Wanted, running
from autotennis_local.visitor import Person, visiting

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.long(230),
    pytest.mark.timeout(TIMEOUT_S),
]
# Most of the time is spent in waiting for openings: two test processes wait, each with a shop and a system of its own.
AT_ONE_SHOP = pytest.mark.xdist_group("pretix")
AT_ANOTHER_SHOP = pytest.mark.xdist_group("another pretix")

CLUB_ID = "club"
# Logins take the shop seconds on a busy machine, and it answers one request after another.
OPENS_IN_S = 75.0
FAR_AHEAD_S = 200.0
LOGIN = "/club/account/login"


def person(name: str) -> Person:
    return Person(f"{name}@club.example", SecretStr(f"hemmelig-{name}-9"), SecretStr("et langt og godt passord"))


@dataclass
class Installation:
    """The running system, and the shop that it books at."""

    system: LocalSystem
    insight: Insight
    site: PretixSite

    def booking(self, booking_id: str) -> Booking:
        """The booking as it is stored."""
        return self.insight.store.booking(booking_id)

    def member(self, who: Person) -> None:
        """The person has an account and a membership at the club."""
        self.site.do("member", email=who.email, password=who.pin.get_secret_value())

    async def wish(self, date: Date, who: Person, **options: str) -> str:
        """A member of the club registers on the web pages, or signs in, and books that date by its link."""
        async with visiting(self.system.api_url) as visitor:
            await visitor.let_in(who)
            return await visitor.book(self.site.link(date), **options)

    async def ended(self, booking_id: str, *states: State) -> Booking:
        """The booking once it stands like that. Fails as soon as it has ended otherwise."""
        ends = FINAL | set(states)
        await eventually(lambda: self.booking(booking_id).state in ends, f"it is {states}", within_s=240, every_s=0.2)
        booking = self.booking(booking_id)
        assert booking.state in states, booking
        return booking

    async def confirmed(self, date: Date) -> set[str]:
        """Whose orders of that date are confirmed, by the shop's own record."""
        orders = await asyncio.to_thread(self.site.do, "orders", number=date.number)
        return {one["email"] for one in orders if one["is_confirmed"]}


@asynccontextmanager
async def installation(directory: Path, site: PretixSite) -> AsyncGenerator[Installation]:
    """The system, with the shop as its one club."""
    watch = WatchRules(every_s=3.0)
    url = HttpUrl(site.club_url)
    rules = ClubRules(id=CLUB_ID, kind="pretix", name="Example Tennis Club", base_url=url, watch=watch)
    settings = {
        "AUTOTENNIS_CLUBS": json.dumps([rules.model_dump(mode="json", exclude_unset=True)]),
        "AUTOTENNIS_CLUB_LOGINS_PER_HOUR": "1000",
        "AUTOTENNIS_OPEN_REGISTRATION": "true",
        # What is asked of the club is counted.
        "AUTOTENNIS_CANARY": "false",
    }
    async with running(Wanted(directory, api_port=0, settings=settings), lambda _line: None) as system:
        with system.looked_into() as insight:
            yield Installation(system, insight, site)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Generator[PretixSite]:
    # With pretix's own waiting list a freed place would be that list's.
    with running_pretix(tmp_path_factory.mktemp("pretix"), has_list=False) as site:
        yield site


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def here(site: PretixSite, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Installation]:
    async with installation(tmp_path_factory.mktemp("system"), site) as here:
        yield here


@AT_ONE_SHOP
async def test_two_race_for_two_places_and_the_third_gets_the_one_that_is_freed(here: Installation) -> None:
    first, second, third = (person(name) for name in ("ada", "bo", "cleo"))
    for who in (first, second, third):
        here.member(who)
    date = here.site.add_date(OPENS_IN_S, places=2)
    wishes = [await here.wish(date, who) for who in (first, second)]
    bookings = [await here.ended(one, State.BOOKED) for one in wishes]
    assert await here.confirmed(date) == {first.email, second.email}
    assert here.site.do("carts", number=date.number) == []
    for booking in bookings:
        assert booking.proof is not None
        assert booking.requests_sent <= PRETIX.race.requests
        assert booking.sign_ups_sent <= PRETIX.race.sign_ups

    waits = await here.wish(date, third)
    await here.ended(waits, State.WAITING)
    (code,) = [one["code"] for one in here.site.do("orders", number=date.number) if one["email"] == first.email]
    here.site.do("cancel", code=code)
    await here.ended(waits, State.BOOKED)
    assert await here.confirmed(date) == {second.email, third.email}
    assert here.site.do("carts", number=date.number) == []

    async with visiting(here.system.api_url) as visitor:
        await visitor.let_in(third)
        await visitor.withdraw(waits)
    await here.ended(waits, State.WITHDRAWN)
    assert await here.confirmed(date) == {second.email}

    secrets = [one.encode() for one in here.site.order_secrets()]
    assert len(secrets) >= 3
    kept = [path for path in here.system.data_dir.rglob("*") if path.is_file()]
    assert not [path for path in kept if any(one in path.read_bytes() for one in secrets)]


@AT_ANOTHER_SHOP
async def test_an_opening_that_no_rule_tells_is_read_from_the_page(here: Installation) -> None:
    who = person("dora")
    here.member(who)
    date = here.site.add_date(OPENS_IN_S, places=2, starts_after_h=31)
    booking = await here.ended(await here.wish(date, who), State.BOOKED)
    assert booking.opening_at == date.opens_at
    assert await here.confirmed(date) == {who.email}


@AT_ONE_SHOP
async def test_a_date_that_opened_before_its_rule_is_booked_at_once(here: Installation) -> None:
    who = person("gro")
    here.member(who)
    # By the rule it opens in a day.
    date = here.site.add_date(-60.0, places=1, starts_after_h=96)
    booking = await here.ended(await here.wish(date, who), State.BOOKED)
    assert booking.opening_at <= datetime.now(UTC)
    assert await here.confirmed(date) == {who.email}


@AT_ONE_SHOP
async def test_what_only_the_member_can_agree_to_is_left_to_them_and_no_place_is_kept_from_others(
    here: Installation,
) -> None:
    who = person("eli")
    here.member(who)
    here.site.do("terms", text="I have read the house rules.")
    try:
        date = here.site.add_date(-3600.0, places=1)
        booking = await here.ended(await here.wish(date, who), State.FAILED)
    finally:
        here.site.do("terms", text="")
    assert booking.failure is not None
    assert booking.failure.reason is FailureReason.NOT_COMPLETED
    assert here.site.do("carts", number=date.number) == []
    assert await here.confirmed(date) == set()


@AT_ANOTHER_SHOP
async def test_a_refused_login_is_not_tried_again(here: Installation) -> None:
    who = person("frida")
    here.member(who)
    # The password changes before anybody is woken for the opening.
    date = here.site.add_date(FAR_AHEAD_S, places=2)
    wish = await here.wish(date, who)
    here.site.do("member", email=who.email, password="something else")
    before = here.site.requests("POST", LOGIN)
    booking = await here.ended(wish, State.FAILED)
    assert booking.failure is not None
    assert booking.failure.reason is FailureReason.LOGIN_REFUSED
    await never(lambda: here.site.requests("POST", LOGIN) > before + 1, "it is tried again", for_s=20)
    assert here.site.requests("POST", LOGIN) == before + 1
    await eventually_beside(lambda: not here.site.do("carts", number=date.number), "nothing is kept")
