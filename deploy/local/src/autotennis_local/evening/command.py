"""`autotennis rehearse`: a whole evening of openings against the practice club of a deployed Autotennis."""

import json
import sys
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import click
from pydantic import SecretStr

from autotennis.adapters.system import environment
from autotennis.errors import AutotennisError
from autotennis_local.choices import Backing
from autotennis_local.evening import words
from autotennis_local.evening.company import Company, Place
from autotennis_local.evening.judging import Judgement, judged
from autotennis_local.evening.programme import FEWEST_MEMBERS, Programme, programme
from autotennis_local.evening.running import Rehearsal
from autotennis_local.practice import desk_at
from autotennis_local.stopping import until_told
from autotennis_local.system import CONTROL_TOKEN, Wanted, running

_INVITATION: Final = "AUTOTENNIS_INVITATION"
_INTERRUPTED: Final = 130
# Everybody of a rehearsal comes from one network address.
LET_MANY_IN: Final = {"AUTOTENNIS_CLUB_LOGINS_PER_HOUR": "10000", "AUTOTENNIS_CLUB_LOGINS_PER_ADDRESS": "10000"}


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the command was asked for."""

    programme: Programme
    within_ms: float
    keep: bool
    as_json: bool
    dry_run: bool

    def say(self, text: str) -> None:
        """Tells a person, who is not in the way of a program that reads the result."""
        from autotennis.terminal import shown

        click.echo(shown(text), err=self.as_json)


@click.command()
@click.option("--url", help="The address of Autotennis, as its members open it.")
@click.option("--practice-url", help="The address of its practice club, as its settings have it.")
@click.option("--here", is_flag=True, help="Start a system with a practice club for it, and stop that afterwards.")
@click.option("--backend", type=click.Choice([one.value for one in Backing]), default="local", help="With --here.")
@click.option("--members", type=click.IntRange(FEWEST_MEMBERS, 5000), default=40, show_default=True)
@click.option("--openings", type=click.IntRange(1, 200), default=12, show_default=True)
@click.option(
    "--minutes", type=click.FloatRange(0.1, 600), default=60, show_default=True, help="First to last opening."
)
@click.option(
    "--within-ms",
    type=click.FloatRange(0, 60_000),
    default=500,
    show_default=True,
    help="The first yes of an opening without trouble has to come so soon after it.",
)
@click.option("--keep", is_flag=True, help="Leave the members, accounts and sessions that it made.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and whether that can be.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON; what happens goes to standard error.")
def rehearse(
    *, url: str | None, practice_url: str | None, here: bool, backend: str, members: int, openings: int, **more: Any
) -> None:
    """Rehearse a whole evening of openings against a practice club.

    Practice members register and ask for places as people would, the openings come, and in the end what Autotennis says
    is held against the practice club's own record. It refuses any club that is not a practice club.

    The practice club's control token is read from PRACTICE_CLUB_CONTROL_TOKEN, or asked for. Where registering takes an
    invitation, its link is read from AUTOTENNIS_INVITATION.

    Exit codes: 0 no promise was broken, 1 one was, or it could not be rehearsed, 2 not understood, 130 interrupted.
    """
    if here == bool(url or practice_url) or bool(url) != bool(practice_url):
        raise click.UsageError("Give --url and --practice-url, or --here for a system of its own.")
    try:
        evening = programme(members, openings, more.pop("minutes"))
        asked = _Asked(evening, **more)
        for line in words.plan(evening):
            asked.say(line)
        if here:
            work = _rehearsed_here(asked, Backing(backend))
        else:
            work = _rehearsed(_place(url or "", practice_url or ""), asked)
        status = until_told(work, told_to_stop=_INTERRUPTED)
    except AutotennisError as error:
        raise click.ClickException(str(error)) from None
    sys.exit(status)


def _place(url: str, practice_url: str) -> Place:
    told = environment()
    token = told.get(CONTROL_TOKEN) or str(click.prompt("Control token of the practice club", hide_input=True))
    invitation = urlsplit(told.get(_INVITATION, "").strip()).path
    return Place(_address("--url", url), _address("--practice-url", practice_url), SecretStr(token), invitation)


def _address(option: str, text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/") or parts.query:
        raise click.BadParameter(f"{text!r} is no address; a good one is https://club.example.org", param_hint=option)
    return text.rstrip("/")


async def _rehearsed_here(asked: _Asked, backing: Backing) -> int:
    with tempfile.TemporaryDirectory(prefix="autotennis-rehearsal-") as data_dir:
        wanted = Wanted(Path(data_dir), api_port=0, practice_port=0, backing=backing, settings=LET_MANY_IN)
        async with running(wanted, asked.say) as system:
            place = Place(system.api_url, system.practice_url, system.control_token)
            return await _rehearsed(place, asked)


async def _rehearsed(place: Place, asked: _Asked) -> int:
    async with desk_at(place.practice_url, place.control_token) as desk:
        company = Company(place, desk)
        await company.check()
        if asked.dry_run:
            asked.say("Dry run: nothing was done.")
            return 0
        async with company.open:
            rehearsal = Rehearsal(company, asked.programme, asked.say)
            async with _tidied(rehearsal, asked) as left:
                judgement = judged(await rehearsal.run(), asked.within_ms)
                _tell(asked, judgement)
    return 1 if judgement.broken or left else 0


@asynccontextmanager
async def _tidied(rehearsal: Rehearsal, asked: _Asked) -> AsyncGenerator[list[str]]:
    """Cleans up however it ends; what is given has afterwards what could not be taken away."""
    left: list[str] = []
    try:
        yield left
    finally:
        if not asked.keep:
            asked.say("Cleaning up (Ctrl-C: leave it all)...")
            left += await rehearsal.tidy()
            for one in left:
                asked.say(f"Not cleaned up: {one}")


def _tell(asked: _Asked, judgement: Judgement) -> None:
    for line in words.table(judgement):
        asked.say(line)
    if asked.as_json:
        click.echo(json.dumps(words.as_json(asked.programme, judgement), indent=2))
