"""Weeks that pass in minutes: what grows with them?

Everything runs in one process, the club among it, by a clock that leaps from one opening to the next, as in the tests
where days pass. Each week a series of five members opens for four places; who found it full waits; one gives the place
back, and it is taken; all of it is told by e-mail, and looked at on the pages. After each week what could be kept by
mistake is counted, when garbage was collected: memory, open files, threads, tasks, and what lies on the disk.

It takes the support of the tests: `PYTHONPATH=tests python -m bench.load --part soak`.
"""

import asyncio
import ctypes
import gc
import re
import resource
import threading
import time
import weakref
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from pydantic import SecretStr
from support.booking_desk import PIN
from support.mailroom import MailServer, taking_mail
from support.town import RUN_UP, Reader, Town, town

from autotennis.adapters.local.database import FILE_NAME
from autotennis.domain.booking import Booking, State
from autotennis.domain.opening import possible_openings
from autotennis_local.visitor import Person, visiting
from bench.load.slopes import Slope, slope_of

BEGUN: Final = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
FIRST_SESSION: Final = "20261130T18:00:00"
PLACES: Final = 4
MEMBERS: Final = 5
# So long a soak has to be before its memory tells anything: caches fill, and modules are imported late.
_WARM_UP: Final = 0.4
# More than there are threads that use the store.
_CONNECTIONS: Final = 32
_PAGES: Final = ("/", "/series", "/settings", "/week")
_PAGE_BYTES: Final = resource.getpagesize()
_PASSWORD: Final = SecretStr("et langt og godt passord")


@dataclass(frozen=True)
class Sample:
    """What there is after a week."""

    memory_kb: float
    objects: float
    files: float
    threads: float
    tasks: float
    database_kb: float
    log_kb: float


KINDS: Final[Mapping[str, str]] = {
    "memory_kb": "memory, KB",
    "objects": "objects of Python",
    "files": "open files",
    "threads": "threads",
    "tasks": "tasks",
    "log_kb": "the database's log (WAL), KB",
    "database_kb": "the database, KB",
}
# What the club keeps of a session, which cannot be told apart, and what is less than one KB for each booking.
_LITTLE: Final[Mapping[str, float]] = {"memory_kb": float(MEMBERS), "objects": 3.0}
# Bookings are kept for good, with all that was learned of them.
KEPT: Final = frozenset({"database_kb"})


async def soak(lasts_s: float) -> tuple[Sequence[Sample], int]:
    """A sample for each week of so long a time, and how many bookings these weeks had."""
    with TemporaryDirectory(prefix="autotennis-bench-") as name:
        async with taking_mail() as server, town(Path(name), BEGUN, **_mailing(server)) as at:
            people = await _members(at)
            samples: list[Sample] = []
            until_s = time.monotonic() + lasts_s
            while time.monotonic() < until_s:
                await _week(at, people)
                _forget(at, server)
                samples.append(_sample(at, Path(name)))
            return samples, len(samples) * MEMBERS


def _mailing(server: MailServer) -> dict[str, object]:
    return {
        "smtp_url": f"smtp://127.0.0.1:{server.port}",
        "mail_from": "Autotennis <booking@club.example>",
        "private_receivers": True,
        "public_url": "https://book.example.org",
    }


async def _members(at: Town) -> Sequence[Person]:
    """Members who want the same session each week."""
    link = at.desk.club.link(at.desk.session(None, starts=FIRST_SESSION, capacity=PLACES))
    found: list[Person] = []
    for _ in range(MEMBERS):
        async with at.reader() as (reader, at_club):
            await reader.book(link, weekly="1")
            found.append(Person(at_club.email, SecretStr(PIN), _PASSWORD))
    await at.settled()
    return found


async def _week(at: Town, people: Sequence[Person]) -> None:
    """Until the next session has been opened, fought for, given back once, and started."""
    ended = week = [_next_of(at, one) for one in people]
    # Where the clocks change before the session, nobody knows how the club counts: it may open an hour later.
    for _ in possible_openings(week[0].session, at.desk.rules):
        await at.comes(max(ended[0].opening_at - RUN_UP, at.clock.now()))
        for one in ended:
            await at.raced(one)
        ended = [at.booking(one.id) for one in week]
    states = sorted(one.state.value for one in ended)
    if states != [State.BOOKED] * PLACES + [State.WAITING] * (MEMBERS - PLACES):
        raise RuntimeError(f"The week of {week[0].session.start:%d.%m.%Y} came to {states}.")
    giver = next(number for number, one in enumerate(ended) if one.state is State.BOOKED)
    async with visiting(at.api_url) as window:
        await window.sign_in(people[giver])
        await window.withdraw(ended[giver].id)
        await at.settled()
        reader = Reader(window)
        for path in (*_PAGES, f"/bookings/{ended[giver].id}"):
            await reader.words(path)
    for _ in range(2):
        await at.later(timedelta(minutes=1))
    await at.settled()
    for _ in range(4):
        await at.later(timedelta(days=1))
    await at.settled()


def _next_of(at: Town, person: Person) -> Booking:
    """The booking of this member that comes next."""
    store = at.desk.ports.store
    member = store.member_by_email(person.email)
    if member is None:
        raise RuntimeError("A member is gone.")
    return store.bookings_of(member.id, 1)[0]


def _forget(at: Town, server: MailServer) -> None:
    """What only the surroundings keep: they are made to be looked at."""
    at.desk.club.record.clear()
    at.desk.club.logins.expire()
    at.forget()
    server.mails.clear()


def _empty_what_is_bounded(at: Town) -> None:
    """Caches of a size that somebody has set fill for months, and tell nothing; those without one are left alone.

    So it is with SQLite's: each connection keeps up to 2 MB of pages, and so grows with a file that is smaller.
    """
    with ExitStack() as stack:
        for _ in range(_CONNECTIONS):
            stack.enter_context(at.desk.family.database.reading()).execute("PRAGMA shrink_memory")
    re.purge()
    for one in gc.get_objects():
        # Asked by its name: others would do something when they are asked whether they are one.
        if type(one).__name__ == "_lru_cache_wrapper" and one.cache_parameters()["maxsize"]:
            one.cache_clear()


def _sample(at: Town, data_dir: Path) -> Sample:
    _empty_what_is_bounded(at)
    gc.collect()
    # What was given back to the allocator counts as memory of ours until it is given back to the machine.
    ctypes.CDLL(None).malloc_trim(0)
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    wal = data_dir / f"{FILE_NAME}-wal"
    return Sample(
        memory_kb=pages * _PAGE_BYTES / 1024,
        objects=sum(_is_counted(one) for one in gc.get_objects()),
        files=sum(1 for _ in Path("/proc/self/fd").iterdir()),
        threads=threading.active_count(),
        tasks=len(asyncio.all_tasks()),
        database_kb=(data_dir / FILE_NAME).stat().st_size / 1024,
        log_kb=wal.stat().st_size / 1024 if wal.exists() else 0.0,
    )


def _is_counted(one: object) -> bool:
    """Not what the club and we keep; nor weak references, of which each connection to SQLite keeps up to 200."""
    kind = type(one)
    return kind is not weakref.ref and not str(kind.__module__).startswith(("practice_club", "bench"))


def slopes(samples: Sequence[Sample]) -> Mapping[str, Slope]:
    """Of each kind how it grows, once everything is warm."""
    warm = samples[int(len(samples) * _WARM_UP) :]
    return {kind: slope_of([getattr(one, kind) for one in warm]) for kind in KINDS}


def grown(samples: Sequence[Sample]) -> Sequence[str]:
    """The kinds that grow, though they should not."""
    found = slopes(samples)
    return [kind for kind, slope in found.items() if slope.least > _LITTLE.get(kind, 0.0) and kind not in KEPT]


def told(samples: Sequence[Sample], bookings: int) -> str:
    """All of it in words."""
    head = f"{'a week':<40}{'at the end':>14}{'grows by':>14}{'least':>12}{'most':>12}"
    lines = [f"{len(samples)} weeks, {bookings} bookings", head]
    growing = grown(samples)
    for kind, slope in slopes(samples).items():
        verdict = "  is kept" if kind in KEPT else "  GROWS" if kind in growing else ""
        last = getattr(samples[-1], kind)
        lines.append(
            f"  {KINDS[kind]:<38}{last:>14,.0f}{slope.per_step:>14.2f}{slope.least:>12.2f}{slope.most:>12.2f}{verdict}"
        )
    return "\n".join(lines)
