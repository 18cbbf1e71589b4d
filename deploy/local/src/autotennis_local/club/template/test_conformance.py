"""The conformance kit at the site that AUTOTENNIS_CLUB_URL names, with what plan.toml allows."""

import asyncio
import os
from pathlib import Path

import pytest

from autotennis.adapters.clubs.registry import kind_of
from autotennis.adapters.system import SystemClock
from autotennis.conformance.checking import check
from autotennis.conformance.desk import Order
from autotennis.conformance.ordering import opened, password_of
from autotennis.conformance.outcome import Outcome, Result
from autotennis.conformance.plan import read_plan
from autotennis.domain.member import Credentials
from autotennis_local.club.template.package.kind import EXAMPLE

PLAN = Path(__file__).parents[1] / "plan.toml"


def test_the_kind_is_installed() -> None:
    assert kind_of("example") is EXAMPLE


def test_the_client_keeps_its_promises() -> None:
    url = os.environ.get("AUTOTENNIS_CLUB_URL")
    if not url:
        pytest.skip("AUTOTENNIS_CLUB_URL names no site")
    results = asyncio.run(_checked(url))
    assert [str(one) for one in results if one.outcome is Outcome.FAILED] == []


async def _checked(url: str) -> list[Result]:
    plan, results = read_plan(PLAN.read_text("utf-8")), list[Result]()
    logins = [
        Credentials(email=login.email, password=password)
        for login in (plan.login, plan.second_login)
        if login and (password := password_of(login, os.environ))
    ]
    club = opened(plan.rules("example", url), os.environ.get("AUTOTENNIS_CONTACT", ""))
    await check(Order(club, SystemClock(), plan, logins), results.append)
    return results
