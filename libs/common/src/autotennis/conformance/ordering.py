"""What a check needs besides the plan: the club, opened by its kind, and passwords."""

from collections.abc import Mapping

from pydantic import SecretStr

from autotennis.adapters.clubs.registry import open_club
from autotennis.adapters.system import SystemClock
from autotennis.conformance.plan import BadPlan, Login
from autotennis.domain.club import ClubRules
from autotennis.ports import Club


def opened(rules: ClubRules, contact: str) -> Club:
    """The club, as a check comes to it; `contact` tells the club whom to turn to. Raises BadSettings."""
    about = f"conformance check; {contact}" if contact else "conformance check"
    return open_club(rules, f"Autotennis/0.1 ({about})", SystemClock())


def password_of(login: Login, variables: Mapping[str, str]) -> SecretStr | None:
    """The password out of the variable that the plan names; None if it names none. Raises BadPlan if it is not set."""
    if not login.password_from:
        return None
    if not variables.get(login.password_from):
        raise BadPlan(f"The plan has a password in {login.password_from}, which is not set.")
    return SecretStr(variables[login.password_from])
