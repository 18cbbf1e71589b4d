"""Tokens of a member: how many, how long, and what each is good for."""

from datetime import UTC, date, datetime, timedelta

import pytest
from pydantic import SecretStr, ValidationError
from support.records import a_member

from autotennis.domain.token import MOST_TOKENS, ApiToken, Scope, digest_of
from autotennis.errors import IllegalMove

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def a_token(name: str = "one", *scopes: Scope) -> ApiToken:
    return ApiToken(
        id=name,
        name="My laptop",
        scopes=scopes or (Scope.READ,),
        digest=digest_of(SecretStr(name)),
        created_at=NOW,
        expires_at=NOW + timedelta(days=30),
    )


def test_a_token_is_valid_until_its_end() -> None:
    token = a_token()
    assert token.is_valid(NOW + timedelta(days=30, seconds=-1))
    assert not token.is_valid(NOW + timedelta(days=30))


def test_it_is_good_for_what_it_was_made_for() -> None:
    token = a_token("t-1", Scope.READ, Scope.CANCEL)
    assert [scope for scope in Scope if token.allows(scope)] == [Scope.READ, Scope.CANCEL]
    with pytest.raises(ValidationError):
        ApiToken.model_validate({**dict(token), "scopes": ()})


def test_a_member_has_so_many_and_no_more() -> None:
    member = a_member()
    for number in range(MOST_TOKENS):
        member = member.with_token(a_token(f"t-{number}"))
    with pytest.raises(IllegalMove):
        member.with_token(a_token("one-more"))
    fewer = member.without_token("t-3").without_token("unknown")
    assert len(fewer.tokens) == MOST_TOKENS - 1
    assert fewer.without_tokens().tokens == ()


def test_only_the_one_that_was_shown_was_used() -> None:
    member = a_member().with_token(a_token("t-1")).with_token(a_token("t-2"))
    used = member.token_used("t-2", date(2026, 11, 23))
    assert [one.last_used for one in used.tokens] == [None, date(2026, 11, 23)]
    assert type(member).model_validate_json(used.model_dump_json()) == used
