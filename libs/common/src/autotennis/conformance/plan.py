"""What a check may use at a club, as its author writes it down: links, logins, and what is known besides."""

import tomllib
from collections.abc import Mapping
from typing import Any, Final, Self

from pydantic import Field, ValidationError, model_validator

from autotennis.domain.club import ClubRules
from autotennis.errors import Permanent
from autotennis.values import Instant, Value

# What a plan may say of its club; the rest comes from the command.
_OF_THE_CLUB: Final = frozenset(ClubRules.model_fields) - {"id", "kind", "base_url"}


class BadPlan(Permanent):
    """A plan cannot be read: what is wrong with it stands in the text."""


class Login(Value):
    """A member of the club who takes part. The password is in an environment variable, or typed; never in the file."""

    email: str = Field(min_length=3, max_length=200)
    password_from: str = Field(default="", pattern=r"^([A-Za-z_][A-Za-z0-9_]*)?$")


class Links(Value):
    """Addresses of sessions as a browser shows them; of what is left out, nothing is tried.

    `free` has places that nobody minds our taking for a while; `opens_soon` opens within `Plan.most_wait_s`; `bad` is
    this club's, and no session.
    """

    free: str = ""
    full: str = ""
    opens_soon: str = ""
    not_open: str = ""
    cancelled: str = ""
    bad: str = ""


class Openings(Value):
    """When the sessions of two of the links open, if somebody knows it: then the page is held against that."""

    opens_soon: Instant | None = None
    not_open: Instant | None = None


class Plan(Value):
    """What may be used. `pause_s` is kept between any two things that are asked of the club.

    `club` says of the club what differs from its kind: its zone, its opening, its race.
    """

    pause_s: float = Field(default=1.0, ge=0, le=60)
    most_wait_s: float = Field(default=900.0, ge=10, le=7200)
    club: Mapping[str, Any] = Field(default_factory=dict[str, Any])
    login: Login | None = None
    second_login: Login | None = None
    links: Links = Links()
    openings: Openings = Openings()

    @model_validator(mode="after")
    def _fits(self) -> Self:
        unknown = sorted(self.club.keys() - _OF_THE_CLUB)
        if unknown:
            raise ValueError(f"[club] cannot say {', '.join(unknown)}; it can: {', '.join(sorted(_OF_THE_CLUB))}")
        if self.second_login and not self.login:
            raise ValueError("a second_login needs a login before it")
        if self.login and self.second_login and self.login.email.lower() == self.second_login.email.lower():
            raise ValueError("login and second_login have to be two members")
        return self

    def rules(self, kind: str, url: str) -> ClubRules:
        """The club at that address. Raises BadPlan for what does not fit together."""
        told = {"name": url[:80], **self.club, "id": "checked", "kind": kind, "base_url": url}
        try:
            return ClubRules.model_validate(told)
        except ValidationError as error:
            raise BadPlan(f"The club cannot be described like that: {_wrong(error)}.") from None


def read_plan(text: str) -> Plan:
    """The plan in a TOML file. Raises BadPlan, which names what is wrong and quotes nothing."""
    try:
        return Plan.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise BadPlan(f"The plan is no TOML: {error}.") from None
    except ValidationError as error:
        raise BadPlan(f"The plan cannot be used: {_wrong(error)}.") from None


def _wrong(error: ValidationError) -> str:
    found = error.errors(include_url=False, include_input=False)
    return "; ".join(f"{'.'.join(str(part) for part in one['loc']) or 'it'}: {one['msg']}" for one in found)
