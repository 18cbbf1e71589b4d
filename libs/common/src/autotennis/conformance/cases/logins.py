"""Logging in: proven, or refused and not tried again."""

from typing import Final

from pydantic import SecretStr

from autotennis.conformance.desk import Desk
from autotennis.conformance.outcome import Failed, counted, promise
from autotennis.domain.member import Credentials
from autotennis.errors import LoginRefused
from autotennis.values import VerdictKind

_WRONG: Final = "wrong-on-purpose-31"


async def login(desk: Desk) -> str:
    """Who logs in is proven to be in, and known by an id."""
    member = await desk.member()
    kind = member.login.verdict.kind
    promise(kind is VerdictKind.LOGGED_IN, f"log_in answers `{kind}`, where it has to prove `logged_in` or to raise")
    await member.club_member_id()
    return f"proven, with {counted(member.login_requests)}; the member's own id is found"


async def refused(desk: Desk) -> str:
    """A wrong password is refused, and asked for once."""
    right = await desk.member()
    guest = await desk.stranger()
    password = right.credentials.password.get_secret_value()
    wrong = Credentials(email=right.credentials.email, password=SecretStr(_WRONG + "0" * (password == _WRONG)))
    try:
        answer = await guest.ask(lambda visit: visit.log_in(wrong))
    except LoginRefused as error:
        promise(_WRONG not in str(error), "the refusal tells the password that was tried")
    else:
        raise Failed(f"a wrong password is answered with `{answer.verdict.kind}` instead of LoginRefused")
    sent, needed = guest.visit.requests_sent, right.login_requests
    why = f"a refused login took {counted(sent)}, one that is taken {counted(needed)}"
    promise(sent <= needed, f"{why}: is it sent again? Clubs lock accounts for that")
    return "LoginRefused, and it is not sent again"
