"""`autotennis club check`: the conformance kit on the command line, at a practice club over real sockets."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner
from support.broken_clubs import scene_at

from autotennis_local.club.command import club as club_command
from practice_club.club import PracticeClub
from practice_club.people import Member
from practice_club.server import running_club
from practice_club.vocabulary import Action as ClubAction

_PASSWORD = "CHECKED_CLUB_PASSWORD"


@pytest.fixture
async def practice() -> AsyncGenerator[PracticeClub]:
    async with running_club() as practice:
        yield practice


def plan_for(practice: PracticeClub, member: Member, folder: Path, *, password_from: str = _PASSWORD) -> Path:
    """A plan with one login and all links of a scene, as its author writes it."""
    links = scene_at(practice).plan.links.model_dump()
    told = "\n".join(f'{name} = "{link}"' for name, link in links.items() if link)
    named = f'password_from = "{password_from}"' if password_from else ""
    plan = folder / "plan.toml"
    plan.write_text(f'pause_s = 0.0\n[login]\nemail = "{member.email}"\n{named}\n[links]\n{told}\n')
    return plan


async def ended(*arguments: str, variables: Mapping[str, str]) -> tuple[int, str]:
    """The status of `autotennis club check`, and all that it printed."""
    process = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).with_name("autotennis")), "club", "check", *arguments,
        env={**os.environ, **variables}, stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    printed, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, printed.decode()


async def test_the_practice_club_passes_by_the_command(practice: PracticeClub, tmp_path: Path) -> None:
    member = practice.add_member()
    plan = plan_for(practice, member, tmp_path)
    pin = member.pin.get_secret_value()
    variables = {_PASSWORD: pin, "AUTOTENNIS_CONTACT": "mailto:me@example.invalid"}
    status, printed = await ended("ntnui", "--url", practice.base_url, "--plan", str(plan), variables=variables)
    assert status == 0, printed
    lines = printed.splitlines()
    assert "passed  sign-up: one step, and a look says signed_up; 3 of 4 free places are left (4 requests)" in lines
    assert "skipped free again: the plan has no second_login (0 requests)" in lines
    assert "skipped opening instant: the plan names no link `opens_soon` (0 requests)" in lines
    assert lines[-1].endswith(f"{len(practice.record.requests)} requests in all.")
    assert {one.user_agent for one in practice.record.requests} == {
        "Autotennis/0.1 (conformance check; mailto:me@example.invalid)"
    }


async def test_without_a_plan_it_looks_at_what_everybody_is_shown(practice: PracticeClub) -> None:
    status, printed = await ended("ntnui", "--url", practice.base_url, "--json", variables={})
    told = {one["case"]: (one["outcome"], one["said"]) for one in json.loads(printed)}
    assert (status, told["timetable"][0], told["clock"][0]) == (0, "passed", "passed")
    assert told["login"] == ("skipped", "the plan has no login")
    assert told["full"] == ("skipped", "the plan names no link `full`")


async def test_a_wrong_password_in_the_plan_is_told_and_the_status_is_1(practice: PracticeClub, tmp_path: Path) -> None:
    plan = plan_for(practice, practice.add_member(), tmp_path)
    arguments = ("ntnui", "--url", practice.base_url, "--plan", str(plan))
    status, printed = await ended(*arguments, variables={_PASSWORD: "not-the-pin"})
    assert status == 1
    assert "failed  login: the login of the plan is refused: The club refused the e-mail and password." in printed
    assert "skipped full: the login failed, and is not tried again (0 requests)" in printed
    assert "not-the-pin" not in printed
    assert sum(one.action is ClubAction.LOGIN for one in practice.record.requests) == 1


async def test_a_password_that_no_variable_has_is_asked_for(practice: PracticeClub, tmp_path: Path) -> None:
    member = practice.add_member()
    plan = plan_for(practice, member, tmp_path, password_from="")
    arguments = ["check", "ntnui", "--url", practice.base_url, "--plan", str(plan), "--look-only"]
    pin = member.pin.get_secret_value()
    result = await asyncio.to_thread(CliRunner().invoke, club_command, arguments, input=f"{pin}\n")
    assert result.exit_code == 0, result.output
    assert f"Password of {member.email} at the club:" in result.output
    assert "passed  login" in result.output
    assert "skipped sign-up: it takes places, and only looks are wanted" in result.output


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        ("pause_s = ", "The plan is no TOML"),
        ('[links]\nfre = "x"', "links.fre: Extra inputs are not permitted"),
        ('[login]\nemail = "a@b.example"\npassword = "hunter2"', "login.password: Extra inputs are not permitted"),
        ('[second_login]\nemail = "a@b.example"', "a second_login needs a login before it"),
        ('[login]\nemail = "a@b.ex"\n[second_login]\nemail = "A@b.ex"', "have to be two members"),
        ('[login]\nemail = "a@b.example"\npassword_from = "NO_SUCH"', "a password in NO_SUCH, which is not set"),
        ("[club]\nkind = 1", "[club] cannot say kind"),
        ('[club]\nzone_name = "Mars"', "zone_name: Value error, 'Mars' is not a time zone"),
        ("[openings]\nnot_open = 2026-12-01T17:00:00", "openings.not_open: Input should have timezone info"),
    ],
)
def test_a_plan_that_cannot_be_used_is_told_in_a_line(tmp_path: Path, plan: str, said: str) -> None:
    file = tmp_path / "plan.toml"
    file.write_text(plan)
    result = CliRunner().invoke(club_command, ["check", "ntnui", "--url", "http://127.0.0.1:9", "--plan", str(file)])
    assert result.exit_code == 1
    assert said in result.output
    assert "hunter2" not in result.output
    assert len(result.output.splitlines()) == 1


def test_a_plan_that_is_no_text_is_told_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "plan.toml").write_bytes(b"\xff\xfe")
    arguments = ["check", "ntnui", "--url", "http://127.0.0.1:9", "--plan", str(tmp_path / "plan.toml")]
    result = CliRunner().invoke(club_command, arguments)
    assert (result.exit_code, len(result.output.splitlines())) == (1, 1)
    assert "cannot be read (UnicodeDecodeError)" in result.output


@pytest.mark.parametrize(
    ("kind", "url", "said"),
    [("matchi", "http://127.0.0.1:9", "which nobody can read"), ("ntnui", "ftp://x", "base_url: URL scheme should be")],
)
def test_a_club_that_cannot_be_opened_is_told_in_a_line(kind: str, url: str, said: str) -> None:
    result = CliRunner().invoke(club_command, ["check", kind, "--url", url])
    assert (result.exit_code, len(result.output.splitlines())) == (1, 1)
    assert said in result.output
