"""What people use, written as they write it: the contestants beside ours, as a program.

It is told a line for each race, and ends when its standard input has ended and all races are over:
`python -m bench.race.people`.
"""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass
from email.utils import parsedate_to_datetime
from typing import Any, Final, Self

import aiohttp

from bench.race.contestants import Who
from bench.race.programs import orders

# The forerunner begins to ask this long before the opening, by the club's Date.
_FLOOD_LEAD_S: Final = 5.0
_PAUSE_S: Final = 0.05
_BURST: Final = 6
# A member's own way out stands only on the page of a session in which they have a place.
_SIGNED_UP: Final = b"fjernvikarid"


@dataclass(frozen=True)
class Order:
    """A race: whose, with which login, for what. Instants are seconds since 1970.

    `opens_s` is the opening as the club's page names it; `near_s` is when the club's clock will really be there by this
    machine's clock, and serves only to begin and to end in time.
    """

    who: Who
    club_url: str
    email: str
    pin: str
    sign_up_url: str
    opens_s: float
    near_s: float
    lead_s: float
    give_up_s: float

    def told(self) -> dict[str, Any]:
        """As a line for the program."""
        return asdict(self)

    @classmethod
    def heard(cls, told: dict[str, Any]) -> Self:
        """As it was told."""
        who = Who(told.pop("who"))
        return cls(who=who, **told)


class Person:
    """Somebody with a browser's worth of HTTP."""

    def __init__(self, order: Order, http: aiohttp.ClientSession) -> None:
        self.order = order
        self._http = http
        self._over_s = order.near_s + order.give_up_s

    async def log_in(self) -> float:
        """Logs in; gives the Date of the answer, in seconds since 1970."""
        form = {"email": self.order.email, "password": self.order.pin, "lang": "no", "rememberme": "on"}
        async with self._http.post(f"{self.order.club_url}/index.php?lang=no", data=form) as answer:
            await answer.read()
            return _date_s(answer.headers)

    async def club_time_s(self) -> float:
        """Asks the club what time it is."""
        async with self._http.head(f"{self.order.club_url}/index.php?lang=no") as answer:
            return _date_s(answer.headers)

    async def sign_up(self) -> bool:
        """Asks for a place; whether the page shows that there is one."""
        async with self._http.get(self.order.sign_up_url) as answer:
            return _SIGNED_UP in await answer.read()

    async def sign_up_until_done(self, pause_s: float) -> None:
        """One sign-up after the other. Long after everything is decided it is stopped, which in life it is not."""
        while time.time() < self._over_s and not await self.sign_up():  # noqa: ASYNC110 (a club tells only who asks)
            await asyncio.sleep(pause_s)


def _date_s(headers: Mapping[str, str]) -> float:
    return parsedate_to_datetime(headers["Date"]).timestamp()


async def _until(instant_s: float) -> None:
    await asyncio.sleep(max(0.0, instant_s - time.time()))


async def forerunner(person: Person) -> None:
    """Logs in, sleeps half of what remains by the Date header again and again, then floods until it worked."""
    await person.log_in()
    while (left_s := person.order.opens_s - await person.club_time_s()) > _FLOOD_LEAD_S:  # noqa: ASYNC110 (as above)
        await asyncio.sleep(left_s / 2)
    await person.sign_up_until_done(0.0)


async def cron(person: Person) -> None:
    """Is started at the opening by the local clock, logs in, and asks once."""
    await _until(person.order.opens_s)
    await person.log_in()
    await person.sign_up()


async def local_loop(person: Person) -> None:
    """Asks again and again with short pauses, from the opening by the local clock."""
    await person.log_in()
    await _until(person.order.opens_s)
    await person.sign_up_until_done(_PAUSE_S)


async def one_date(person: Person) -> None:
    """Reads the club's clock once, and asks once."""
    club_s = await person.log_in()
    ours_s = time.time()
    await _until(person.order.opens_s - club_s + ours_s)
    await person.sign_up()


async def local_burst(person: Person) -> None:
    """Asks several times at once, at the opening by the local clock."""
    await person.log_in()
    await _until(person.order.opens_s)
    await asyncio.gather(*(person.sign_up() for _ in range(_BURST)))


_RACES: Final[Mapping[Who, Callable[[Person], Awaitable[None]]]] = {
    Who.FORERUNNER: forerunner,
    Who.CRON: cron,
    Who.LOCAL_LOOP: local_loop,
    Who.ONE_DATE: one_date,
    Who.LOCAL_BURST: local_burst,
}


async def _race(order: Order) -> None:
    await _until(order.near_s - order.lead_s)
    jar = aiohttp.CookieJar(unsafe=True, quote_cookie=False)
    async with aiohttp.ClientSession(cookie_jar=jar) as http:
        try:
            await _RACES[order.who](Person(order, http))
        except aiohttp.ClientError as error:
            print(f"{order.who}: {type(error).__name__}", file=sys.stderr)


async def _run() -> None:
    async with asyncio.TaskGroup() as races:
        async for told in orders():
            races.create_task(_race(Order.heard(told)))


if __name__ == "__main__":
    asyncio.run(_run())
