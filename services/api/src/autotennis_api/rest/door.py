"""Who may ask: the token in the Authorization header, and nothing else. Cookies are not looked at."""

from typing import Final, cast

from flask import g, request
from pydantic import SecretStr

from autotennis.domain.token import ApiToken, Scope
from autotennis_api import tokens
from autotennis_api.desk import desk
from autotennis_api.rest.problems import Problem
from autotennis_api.tries import Rule, address_key

_NEEDED: Final = "Send a token of yours: Authorization: Bearer <token>. Tokens are made in the settings."
_WRONG: Final = "The token is wrong, revoked, or its time is over. Tokens are made in the settings."


def admit(scope: Scope) -> None:
    """Lets in whoever shows a token that is good for this. Raises Problem, TooManyTries."""
    shown = _shown()
    desk().tries.count(Rule.API_REQUEST_OF_MEMBER, shown.member.id)
    if not shown.token.allows(scope):
        raise Problem(403, "not-allowed", f"This needs a token that is good for: {scope.value}.")
    g.member = shown.member
    g.api_token = shown.token


def _shown() -> tokens.Shown:
    authorization = request.authorization
    if authorization is None or authorization.type != "bearer" or not authorization.token:
        raise Problem(401, "no-token", _NEEDED)
    shown = tokens.recognise(desk().ports, SecretStr(authorization.token))
    if shown is None:
        desk().tries.count(Rule.WRONG_TOKEN_FROM_ADDRESS, address_key(request.remote_addr or ""))
        raise Problem(401, "no-token", _WRONG)
    return shown


def token() -> ApiToken:
    """The token that was shown."""
    return cast("ApiToken", g.api_token)
