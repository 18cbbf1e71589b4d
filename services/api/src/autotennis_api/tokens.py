"""Personal tokens, free of Flask: made, revoked, and known again when a program shows one."""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import structlog
from pydantic import SecretStr

from autotennis.domain.member import Member
from autotennis.domain.token import ApiToken, Scope, digest_of
from autotennis.errors import NotFound
from autotennis.ports import Ports

# By this a text is known for a token of ours, also by those who look for secrets that got out.
_PREFIX: Final = "autotennis"
_LONGEST_TEXT: Final = 300
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Asked:
    """What a token is asked for: what it is called, what it is good for, and for how many days."""

    name: str
    scopes: Sequence[Scope]
    days: int


@dataclass(frozen=True, slots=True)
class Shown:
    """Who showed a token, and which."""

    member: Member
    token: ApiToken


def make(ports: Ports, member: Member, asked: Asked) -> SecretStr:
    """A new token: its text, which nobody can tell again later. Raises IllegalMove if there are too many.

    It carries the member's id, so that whoever shows it is found without a table of tokens.
    """
    now = ports.clock.now()
    text = SecretStr(".".join((_PREFIX, member.id, ports.ids.new() + ports.ids.new())))
    token = ApiToken(
        id=ports.ids.new(),
        name=asked.name,
        scopes=tuple(scope for scope in Scope if scope in asked.scopes),
        digest=digest_of(text),
        created_at=now,
        expires_at=now + timedelta(days=asked.days),
    )
    ports.store.change_member(member.id, lambda it: it.with_token(token))
    _log.info("api access granted", access_id=token.id)
    return text


def revoke(ports: Ports, member: Member, token_id: str) -> None:
    """Whoever has the token gets in no more. Revoking it again is harmless."""
    ports.store.change_member(member.id, lambda it: it.without_token(token_id))
    _log.info("api access revoked", access_id=token_id)


def recognise(ports: Ports, text: SecretStr) -> Shown | None:
    """Whose token this is; None for anything that is no token, or not any more."""
    parts = text.get_secret_value().split(".")
    if len(parts) != 3 or parts[0] != _PREFIX or len(text) > _LONGEST_TEXT:
        return None
    try:
        member = ports.store.member(parts[1])
    except NotFound:
        return None
    digest, now = digest_of(text), ports.clock.now()
    found = next((one for one in member.tokens if hmac.compare_digest(one.digest, digest)), None)
    if found is None or not found.is_valid(now):
        return None
    if found.last_used != now.date():
        ports.store.change_member(member.id, lambda it: it.token_used(found.id, now.date()))
    return Shown(member, found)
