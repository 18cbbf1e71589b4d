"""`autotennis club check`: runs the conformance kit, and prints how it goes."""

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path

import click
from pydantic import SecretStr

from autotennis.adapters.system import SystemClock, environment
from autotennis.conformance.checking import check
from autotennis.conformance.desk import Order
from autotennis.conformance.ordering import opened, password_of
from autotennis.conformance.outcome import Outcome, Result, summary
from autotennis.conformance.plan import BadPlan, Login, Plan, read_plan
from autotennis.domain.member import Credentials


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command was asked for."""

    kind: str
    url: str
    plan_file: Path | None
    contact: str
    look_only: bool
    as_json: bool


def checked(asked: Asked) -> int:
    """Runs the check; gives the exit status. Raises BadPlan, BadSettings."""
    plan = _read(asked.plan_file) if asked.plan_file else Plan()
    club = opened(plan.rules(asked.kind, asked.url), asked.contact)
    logins = [_credentials(login) for login in (plan.login, plan.second_login) if login]
    order = Order(club, SystemClock(), plan, logins, asked.look_only)

    def tell(result: Result) -> None:
        if not asked.as_json:
            click.echo(str(result))

    results = asyncio.run(check(order, tell))
    click.echo(json.dumps([one.as_json() for one in results], indent=2) if asked.as_json else summary(results))
    return 1 if any(one.outcome is Outcome.FAILED for one in results) else 0


def _read(file: Path) -> Plan:
    try:
        return read_plan(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise BadPlan(f"The plan {file} cannot be read ({type(error).__name__}).") from None


def _credentials(login: Login) -> Credentials:
    password = password_of(login, environment()) or SecretStr(
        click.prompt(f"Password of {login.email} at the club", hide_input=True, err=True)
    )
    return Credentials(email=login.email, password=password)
