"""The pages as their program, broken in several ways while somebody types secrets: nothing that it says tells them."""

import asyncio
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import aiohttp
import pytest
from pydantic import SecretStr
from support.api_site import ClubBeside, api_settings, served
from support.planted import found_in

from autotennis.adapters.local.database import FILE_NAME
from autotennis.signals import PAGE_FAILED
from autotennis_local.visitor import PageRefused, Person, visiting

PIN = "pin-of-the-planted"
PASSWORD = "a-planted-password"
TOKEN = "autotennis.somebody.a-planted-token"
COOKIE = "a-planted-cookie"
BROKEN = ("truncated", "server_error", "reset")


async def at_a_club_in_trouble(address: str, club: ClubBeside, person: Person) -> None:
    """Registers while the club breaks in the middle, then with a password that it refuses, then for good."""
    async with visiting(address) as visitor:
        for kind in BROKEN:
            club.do(lambda it, kind=kind: it.turn(faults=[{"kind": kind}]))
            with pytest.raises(PageRefused):
                await visitor.let_in(person)
        club.do(lambda it: it.turn(faults=[]))
        with pytest.raises(PageRefused):
            await visitor.let_in(Person(person.email, SecretStr(PIN + "-mistyped"), SecretStr(PASSWORD)))
        await visitor.let_in(person)


async def at_a_broken_store(address: str, person: Person) -> list[int]:
    """Asks for pages, with secrets wherever they go; gives the statuses of the answers."""
    headers = {"Authorization": f"Bearer {TOKEN}", "Cookie": f"autotennis={COOKIE}", "User-Agent": f"Mozilla {TOKEN}"}
    statuses: list[int] = []
    async with aiohttp.ClientSession(address, headers=headers) as session:
        for path in ("/", "/api/v1/me", f"/act/{TOKEN}", f"/api/v1/bookings?token={TOKEN}", "/operator"):
            async with session.get(path) as answer:
                statuses.append(answer.status)
    async with visiting(address) as visitor:
        with suppress(PageRefused):
            await visitor.let_in(person)
    return statuses


def test_whatever_breaks_no_secret_is_told(club: ClubBeside, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    person = Person("planter@example.org", SecretStr(PIN), SecretStr(PASSWORD))
    club.add_member(person.email, PIN)
    with served(api_settings(tmp_path, club.rules())) as address:
        asyncio.run(at_a_club_in_trouble(address, club, person))
        asyncio.run(at_a_broken_store(address, person))
        with closing(sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)) as database:
            database.execute("ALTER TABLE members RENAME TO gone")
        statuses = asyncio.run(at_a_broken_store(address, person))
    said = "".join(capfd.readouterr())
    assert any(status >= 500 for status in statuses)
    assert PAGE_FAILED in said, "it says that something broke"
    assert (
        found_in(said.encode(), {"the PIN": PIN, "the password": PASSWORD, "the token": TOKEN, "the cookie": COOKIE})
        == []
    )
