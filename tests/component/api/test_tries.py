"""How often something may be tried."""

from collections.abc import Generator
from pathlib import Path

import pytest
from support.clock import ManualClock

from autotennis.adapters.local.family import open_local
from autotennis.domain.member import email_key
from autotennis.ports import Store
from autotennis_api.tries import Rule, TooManyTries, Tries, address_key


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def store(tmp_path: Path, clock: ManualClock) -> Generator[Store, None, None]:
    with open_local(tmp_path, clock) as family:
        yield family.store


@pytest.fixture
def tries(store: Store, clock: ManualClock) -> Tries:
    return Tries(store, clock, club_logins_per_hour=3)


def test_what_one_instance_counted_another_knows(store: Store, clock: ManualClock, tries: Tries) -> None:
    another = Tries(store, clock, club_logins_per_hour=3)
    for one in (tries, another) * 4:
        one.count(Rule.PASSWORD_CHANGE_OF_MEMBER, "m-1")
    for one in (tries, another):
        with pytest.raises(TooManyTries):
            one.count(Rule.PASSWORD_CHANGE_OF_MEMBER, "m-1")


def test_who_waited_as_long_as_was_said_may_try_again(clock: ManualClock, tries: Tries) -> None:
    for _ in range(8):
        tries.count(Rule.PASSWORD_CHANGE_OF_MEMBER, "m-1")
    with pytest.raises(TooManyTries) as refused:
        tries.count(Rule.PASSWORD_CHANGE_OF_MEMBER, "m-1")
    clock.advance(refused.value.wait_s)
    tries.count(Rule.PASSWORD_CHANGE_OF_MEMBER, "m-1")


def test_a_rule_counts_for_one_and_not_for_another(tries: Tries) -> None:
    rule = Rule.SIGN_IN_OF_EMAIL_FROM_ADDRESS
    for _ in range(10):
        tries.count(rule, "a@example.org 192.0.2.1")
    with pytest.raises(TooManyTries) as refused:
        tries.count(rule, "a@example.org 192.0.2.1")
    assert 0 < refused.value.wait_s <= 15 * 60
    tries.count(rule, "b@example.org 192.0.2.1")
    tries.count(Rule.CLUB_LOGIN_OF_EMAIL, "a@example.org")


def test_who_is_no_guesser_starts_afresh(tries: Tries) -> None:
    for _ in range(3):
        for _ in range(8):
            tries.count(Rule.PASSWORD_CHANGE_OF_MEMBER, "m-1")
        tries.forget(Rule.PASSWORD_CHANGE_OF_MEMBER, "m-1")


def test_logins_at_clubs_are_capped_whoever_asks(tries: Tries) -> None:
    for number in range(3):
        tries.count_club_login(f"m{number}@example.org", f"192.0.2.{number}")
    with pytest.raises(TooManyTries):
        tries.count_club_login("another@example.org", "192.0.2.99")


def test_an_address_is_one_however_it_is_written() -> None:
    assert email_key(" Åse@Example.org ") == email_key("åse@example.ORG")
    assert email_key("a\N{COMBINING RING ABOVE}se@example.org") == email_key("åse@example.org")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8:1:2::7", "2001:db8:1:2:ffff::1", True),
        ("2001:db8:1:2::7", "2001:db8:1:3::7", False),
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("", "not an address", False),
    ],
)
def test_a_household_is_one_network_address(one: str, other: str, same: bool) -> None:
    assert (address_key(one) == address_key(other)) is same
