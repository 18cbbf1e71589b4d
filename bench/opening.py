"""How long after an opening the club gives the place: ours, through the whole system, beside a plain loop.

The baseline does what people do by hand: log in, read the club's `Date` once, and from that second on send one sign-up
after the other until the answer shows that it worked. Both race in the same run for sessions of the same opening at the
same practice club (a process of its own, clock 1.37 s off), each with a member and a session of its own. All figures
are the club's.

    python -m bench.opening [--quick]
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import aiohttp
from pydantic import SecretStr

from autotennis.adapters.system import SystemIds
from autotennis_local.practice import PracticeDesk, PracticeSession, practice_desk
from autotennis_local.system import LocalSystem, Wanted, running
from autotennis_local.visitor import Person, visiting

OPENS_IN_S = 16.0
PIN = SecretStr("4711")
BASELINE = "one Date reading, then a loop"
OURS = "autotennis"
# The baseline is stopped after this many, for the club's sake.
LOOP_CAP = 200


@dataclass
class Figures:
    """One contestant's results: ms after the opening, and requests for each session."""

    accepted_ms: list[float] = field(default_factory=list[float])
    requests: list[int] = field(default_factory=list[int])
    lost: int = 0

    def add(self, report: dict[str, Any]) -> None:
        """Takes what the club's record says of one session."""
        self.requests.append(len(report["sign_ups"]["arrived_ms"]))
        if report["accepted"]:
            self.accepted_ms.append(report["accepted"][0]["after_opening_ms"])
        else:
            self.lost += 1

    def median_ms(self) -> float:
        """The middle of what was accepted."""
        return statistics.median(self.accepted_ms) if self.accepted_ms else float("nan")

    def row(self, name: str) -> str:
        """A line of the table."""
        worst = max(self.accepted_ms, default=float("nan"))
        requests = statistics.mean(self.requests)
        return f"{name:<32} {self.median_ms():>10.2f} {worst:>10.2f} {requests:>10.1f} {self.lost:>6}"


async def main() -> int:
    """Runs all openings and prints the table; gives the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="3 openings instead of 12")
    openings = 3 if parser.parse_args().quick else 12
    figures = {BASELINE: Figures(), OURS: Figures()}
    with tempfile.TemporaryDirectory(prefix="autotennis-bench-") as data_dir:
        wanted = Wanted(Path(data_dir), api_port=0, practice_port=0)
        async with running(wanted, print) as system, practice_desk(system) as desk:
            ours, _ = await a_person(desk)
            for number in range(openings):
                print(f"opening {number + 1} of {openings}...", file=sys.stderr)
                await one_opening(system, desk, ours, figures)
    print(f"Sign-up decided after the opening, by the club's record, {openings} openings, {datetime.now(UTC):%Y-%m-%d}")
    print(f"{'':<32} {'median ms':>10} {'worst ms':>10} {'sign-ups':>10} {'lost':>6}")
    for name, one in figures.items():
        print(one.row(name))
    print(f"ratio {OURS} / {BASELINE}: {figures[OURS].median_ms() / figures[BASELINE].median_ms():.3f}")
    return 1 if figures[OURS].lost else 0


async def one_opening(system: LocalSystem, desk: PracticeDesk, ours: Person, figures: dict[str, Figures]) -> None:
    """Both contestants at one opening."""
    theirs = await a_person(desk)
    async with visiting(system.api_url) as visitor:
        await visitor.let_in(ours)
        sessions = {BASELINE: await desk.add_session(OPENS_IN_S), OURS: await desk.add_session(OPENS_IN_S)}
        opens_s = (await desk.session_report(sessions[OURS]))["opens_ns"] / 1e9
        loop = asyncio.create_task(plain_loop(system.practice_url, *theirs, sessions[BASELINE], opens_s))
        await visitor.book(sessions[OURS].link)
    await loop
    await asyncio.sleep(3)
    for name, session in sessions.items():
        figures[name].add(await desk.session_report(session))


async def a_person(desk: PracticeDesk) -> tuple[Person, int]:
    """A new member of the practice club, and the club's id for them."""
    ids = SystemIds()
    person = Person(f"{ids.new()}@practice.example", PIN, SecretStr(ids.new()))
    return person, await desk.add_member(person.email, "Torbjørg Hæg", PIN)


async def plain_loop(club_url: str, person: Person, member_id: int, session: PracticeSession, opens_s: float) -> None:
    """The baseline."""
    jar = aiohttp.CookieJar(unsafe=True, quote_cookie=False)
    async with aiohttp.ClientSession(club_url, cookie_jar=jar) as http:
        form = {"email": person.email, "password": PIN.get_secret_value(), "lang": "no", "rememberme": "on"}
        async with http.post("/index.php?lang=no", data=form) as answer:
            stamped = parsedate_to_datetime(answer.headers["Date"]).timestamp()
            send_at_s = time.monotonic() + opens_s - stamped
        await asyncio.sleep(send_at_s - time.monotonic())
        url = session.link.removeprefix(club_url) + f"&leggtilvikarid={member_id}"
        for _ in range(LOOP_CAP):
            async with http.get(url) as answer:
                if b"fjernvikarid" in await answer.read():
                    return


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
