"""Ten thousand members and a hundred thousand bookings, beside a hundred members with a thousand.

What is compared is the same question in both: pages as a member and an operator get them, queries as the services ask
them, a sweep, the planning of an opening, the start of the pages, a backup. What is of one member, and what is bounded,
must not cost more where more is kept; a backup and the look through the file at the start cost what the file is large.
"""

import asyncio
import re
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from http import HTTPStatus
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from argon2 import PasswordHasher
from flask.testing import FlaskClient

from autotennis.adapters.local.bus import Outcome, Settlement
from autotennis.adapters.local.database import FILE_NAME, quick_check
from autotennis.adapters.local.family import LocalFamily, open_local
from autotennis.adapters.system import SystemClock, SystemIds
from autotennis.domain.booking import Booking, Wish, requested
from autotennis.events import BookingRequested, OpeningDue, SweepDue
from autotennis.flow import Service
from autotennis.ports import Ports
from autotennis.settings import read_settings
from autotennis.wiring import open_ports
from autotennis_api.app import create_app
from autotennis_local.backups import back_up
from autotennis_local.every_settings import EverySettings
from autotennis_local.installation import secrets_of
from autotennis_timer.handlers import Timer
from bench.load.stock import CLUB, Stock, deliver_all, in_one_transaction, wishes
from bench.load.tables import Row, table
from bench.workplace import PASSPHRASE

FEW: Final = 100
BOOKINGS_EACH: Final = 10
ROUNDS: Final = 9
# As the pages hash, at the least cost that they take.
_HASHED: Final = PasswordHasher(memory_cost=19 * 1024, time_cost=2, parallelism=1)
_TOKEN: Final = re.compile(r'name="csrf_token" value="([^"]+)"')
# A member of whose bookings one waits, and who is no operator.
_WHO: Final = 20
_PAGES: Final = (
    "/",
    "/live",
    f"/bookings/b-{_WHO}-0",
    f"/bookings/b-{_WHO}-2",
    "/series",
    f"/series/s-{_WHO}",
    "/groups",
    f"/groups/g-{_WHO}",
    "/settings",
    "/settings/messages",
    "/settings/leave",
)
_CONSOLE: Final = (
    "/operator",
    "/operator/dead-letters",
    "/operator/deeds",
    "/operator/operators",
    "/operator/invitations",
)
# What grows, and should: said so in the table.
_WHOLE_FILE: Final = ("the look through the file at a start", "a backup")

Question = Callable[[], object]


class NotShown(Exception):
    """A page was not there."""


@dataclass(frozen=True)
class Measured:
    """What each question took in one installation (ms, in the median), and how large its file is."""

    ms: Mapping[str, float]
    megabytes: float
    filled_s: float


def measure(members: int, rounds: int = ROUNDS) -> Measured:
    """Fills an installation with so many members, and asks."""
    with ExitStack() as stack:
        data_dir = Path(stack.enter_context(TemporaryDirectory(prefix="autotennis-bench-")))
        began_s = time.perf_counter()
        _fill(data_dir, members)
        filled_s = time.perf_counter() - began_s
        told = {"backend": "local", "data_dir": data_dir, "push_secret": PASSPHRASE, "clubs": (CLUB,)}
        pages = {"session_secret": PASSPHRASE, "link_secret": PASSPHRASE, "plain_http": True}
        settings = read_settings(EverySettings, **told, **pages)
        family = stack.enter_context(open_local(data_dir, SystemClock()))
        ports = stack.enter_context(open_ports(settings))
        app = create_app(ports, settings)
        questions = {
            **_pages(app.test_client(), _WHO, _PAGES),
            **_pages(app.test_client(), 0, _CONSOLE),
            **_services(ports, family),
        }
        ms = {what: _median_ms(question, rounds, time.process_time) for what, question in questions.items()}
        ms |= {what: _median_ms(question, 3, time.perf_counter) for what, question in _whole(data_dir).items()}
        return Measured(ms, (data_dir / FILE_NAME).stat().st_size / 1e6, filled_s)


def _fill(data_dir: Path, members: int) -> None:
    clock = SystemClock()
    with in_one_transaction(data_dir, clock) as family:
        stock = Stock(clock.now(), members, BOOKINGS_EACH, _HASHED.hash(PASSPHRASE))
        stock.put_into(family)
        for event in wishes(members * BOOKINGS_EACH, clock.now()):
            family.bus.publish(event)
        deliver_all(family.bus)
    secrets_of(data_dir, SystemIds())


def _pages(client: FlaskClient, number: int, paths: Sequence[str]) -> Mapping[str, Question]:
    """The pages of a member who is signed in."""
    token = _TOKEN.search(client.get("/sign-in").text)
    given = {"email": f"member.{number}@example.org", "password": PASSPHRASE, "csrf_token": token[1] if token else ""}
    if client.post("/sign-in", data=given).status_code != HTTPStatus.SEE_OTHER:
        raise NotShown("Nobody was let in.")

    def shown(path: str) -> None:
        answer = client.get(path)
        if answer.status_code != HTTPStatus.OK:
            raise NotShown(f"{path} was answered with {answer.status_code}.")

    return {f"page {path}": partial(shown, path) for path in paths}


def _services(ports: Ports, family: LocalFamily) -> Mapping[str, Question]:
    """What the services ask and do."""
    store, now, fresh = ports.store, ports.clock.now(), count()
    planned = store.booking(f"b-{_WHO}-0")

    def requested_and_planned() -> None:
        number = next(fresh)
        wish = replaced(planned, f"new-{number}")
        store.create(requested(f"new-{number}", wish, now))
        (fact,) = store.unpublished(f"new-{number}")
        store.strike_off(fact)
        asyncio.run(Timer(ports, canary=False).on_booking_requested(BookingRequested.model_validate(dict(fact))))

    def opening() -> None:
        early = replace(ports, clock=_Shown(planned.opening_at - timedelta(minutes=2)))
        event = OpeningDue(at=now, club_id=CLUB.id, opening_at=planned.opening_at)
        asyncio.run(Timer(early, canary=False).on_opening_due(event))

    return {
        "a sweep": lambda: asyncio.run(Timer(ports, canary=False).on_sweep_due(SweepDue(at=now))),
        "a wish is kept and planned": requested_and_planned,
        "an opening is handed over": opening,
        "a member's bookings": lambda: store.bookings_of(f"m-{_WHO}"),
        "an account by its address": lambda: store.member_by_email(f"member.{_WHO}@example.org"),
        "a place in a line": lambda: store.place_in_line(store.booking(f"b-{_WHO}-2")),
        "the bookings of a month, at most 2,000": lambda: store.opened(now - timedelta(days=30), now, 2000),
        "all who wait at the club": lambda: store.in_line(CLUB.id),
        "messages to be told": lambda: store.messages_due(now),
        "something is counted": lambda: store.tally("key", now, timedelta(hours=1)),
        "an event is published": lambda: family.bus.publish(wishes(1, now, first=10**6 + next(fresh))[0]),
        "ten deliveries are taken and settled": lambda: family.bus.settle(
            [Settlement(one.id, Outcome.ACKNOWLEDGED) for one in family.bus.lease(Service.TIMER, 60, 10)]
        ),
        "a member leaves for good": lambda: store.forget_member(f"m-{50 + next(fresh)}", now),
    }


def _whole(data_dir: Path) -> Mapping[str, Question]:
    return {
        _WHOLE_FILE[0]: lambda: quick_check(data_dir),
        _WHOLE_FILE[1]: lambda: back_up(data_dir, data_dir / "backup.tar", 0),
    }


@dataclass(frozen=True)
class _Shown(SystemClock):
    """A clock that shows one instant."""

    instant: datetime

    def now(self) -> datetime:
        """That one."""
        return self.instant


def replaced(booking: Booking, member_id: str) -> Wish:
    """The same wish, of somebody else."""
    return Wish(member_id=member_id, club_id=booking.club_id, session=booking.session, opening_at=booking.opening_at)


def _median_ms(question: Question, rounds: int, clock_s: Callable[[], float]) -> float:
    """In the median, after once in vain: that fills caches."""
    question()
    found: list[float] = []
    for _ in range(rounds):
        began_s = clock_s()
        question()
        found.append((clock_s() - began_s) * 1000)
    return statistics.median(found)


def told(many: int, few: Measured, found: Measured) -> str:
    """All of it in words."""
    times = found.megabytes / few.megabytes
    rows = [Row(f"{what}, ms of processor", found.ms[what], few.ms[what]) for what in few.ms if what not in _WHOLE_FILE]
    whole = [Row(f"{what}, ms", found.ms[what], few.ms[what]) for what in _WHOLE_FILE]
    title = f"{many:,} members, {many * BOOKINGS_EACH:,} bookings"
    names = (f"{many:,}", f"of {FEW:,}")
    return "\n".join(
        [
            table(title, names, rows),
            table(f"what reads the whole file, which is {times:.0f} times as large", names, whole),
            f"the file: {found.megabytes:.0f} MB, {few.megabytes:.1f} MB; filled in {found.filled_s:.0f} s",
        ]
    )
