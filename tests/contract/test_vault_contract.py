"""What every Vault promises."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from pydantic import SecretStr
from support.families import Family

SECRET = "fjellrev-og-førjulsvinter"


def told(secret: SecretStr | None) -> str | None:
    return None if secret is None else secret.get_secret_value()


def test_a_secret_comes_back_to_who_asks_for_it(family: Family) -> None:
    family.vault.put("m-1", "club-login/ntnui-tennis", SecretStr(SECRET))
    assert told(family.vault.get("m-1", "club-login/ntnui-tennis")) == SECRET


def test_there_is_nothing_under_another_member_or_name(family: Family) -> None:
    family.vault.put("m-1", "door-code/b-1", SecretStr(SECRET))
    assert family.vault.get("m-2", "door-code/b-1") is None
    assert family.vault.get("m-1", "door-code/b-2") is None


def test_a_secret_takes_the_place_of_an_earlier_one(family: Family) -> None:
    family.vault.put("m-1", "door-code/b-1", SecretStr("0000"))
    family.vault.put("m-1", "door-code/b-1", SecretStr("1234"))
    assert told(family.vault.get("m-1", "door-code/b-1")) == "1234"


def test_forgetting_a_member_destroys_all_of_that_member_and_nobody_else(family: Family) -> None:
    for member, name in (("m-1", "door-code/b-1"), ("m-1", "club-login/c"), ("m-2", "club-login/c")):
        family.vault.put(member, name, SecretStr(SECRET))
    family.vault.forget("m-1")
    family.vault.forget("m-1")
    assert family.vault.get("m-1", "door-code/b-1") is family.vault.get("m-1", "club-login/c") is None
    assert told(family.vault.get("m-2", "club-login/c")) == SECRET


def test_one_secret_can_be_destroyed_alone(family: Family) -> None:
    for member, name in (("m-1", "channel/c-1"), ("m-1", "channel/c-2"), ("m-2", "channel/c-1")):
        family.vault.put(member, name, SecretStr(SECRET))
    family.vault.discard("m-1", "channel/c-1")
    family.vault.discard("m-1", "channel/c-1")
    assert family.vault.get("m-1", "channel/c-1") is None
    assert told(family.vault.get("m-1", "channel/c-2")) == told(family.vault.get("m-2", "channel/c-1")) == SECRET


def test_secrets_outlive_the_process(family: Family) -> None:
    family.vault.put("m-1", "club-login/c", SecretStr(SECRET))
    with family.reopened() as other:
        assert told(other.vault.get("m-1", "club-login/c")) == SECRET


def test_secrets_can_be_opened_after_each_rotation(family: Family) -> None:
    for number in range(3):
        family.vault.put(f"m-{number}", "club-login/c", SecretStr(f"{SECRET}{number}"))
        assert family.vault.rotate() == number + 1
    for number in range(3):
        assert told(family.vault.get(f"m-{number}", "club-login/c")) == f"{SECRET}{number}"


def test_a_process_that_was_there_before_a_rotation_goes_on(family: Family) -> None:
    family.vault.put("m-1", "club-login/c", SecretStr(SECRET))
    with family.reopened() as other:
        assert other.vault.get("m-1", "club-login/c") is not None
        family.vault.rotate()
        assert told(other.vault.get("m-1", "club-login/c")) == SECRET
        other.vault.put("m-2", "club-login/c", SecretStr("new"))
        family.vault.rotate()
        other.vault.put("m-3", "club-login/c", SecretStr("newer"))
    assert told(family.vault.get("m-2", "club-login/c")) == "new"
    assert told(family.vault.get("m-3", "club-login/c")) == "newer"


def test_there_may_be_nothing_to_rotate(family: Family) -> None:
    assert family.vault.rotate() == 0
    family.vault.put("m-1", "club-login/c", SecretStr(SECRET))
    assert told(family.vault.get("m-1", "club-login/c")) == SECRET


@pytest.mark.parametrize("text", ["", "0", "æøå \n\0 \U0001f3be", "x" * 20_000])
def test_any_text_can_be_a_secret(family: Family, text: str) -> None:
    family.vault.put("m-1", "club-login/c", SecretStr(text))
    assert told(family.vault.get("m-1", "club-login/c")) == text


def test_any_text_can_be_a_name(family: Family) -> None:
    names = ["a/b", "a", "b", "/", ".", "..", "__a__", "ø", "a b", 'a"b', "x" * 2000]
    for name in names:
        family.vault.put("m-1", name, SecretStr(f"of {name}"))
    assert [told(family.vault.get("m-1", name)) for name in names] == [f"of {name}" for name in names]


def test_a_forgotten_member_can_have_secrets_again(family: Family) -> None:
    family.vault.put("m-1", "club-login/c", SecretStr("old"))
    family.vault.forget("m-1")
    family.vault.put("m-1", "club-login/c", SecretStr(SECRET))
    assert told(family.vault.get("m-1", "club-login/c")) == SECRET


def test_racing_for_one_name_leaves_one_of_the_secrets(family: Family) -> None:
    def put(number: int) -> None:
        family.vault.put("m-1", "club-login/c", SecretStr(f"{SECRET}{number}"))

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(put, range(10)))
    assert told(family.vault.get("m-1", "club-login/c")) in {f"{SECRET}{number}" for number in range(10)}


def test_a_rotation_while_others_write_loses_nothing(family: Family) -> None:
    with family.reopened() as other, ThreadPoolExecutor(6) as pool:
        rotating = pool.submit(family.vault.rotate)
        for number in range(12):
            pool.submit(other.vault.put, f"m-{number}", "club-login/c", SecretStr(str(number))).result()
        rotating.result()
        for vault in (family.vault, other.vault):
            assert [told(vault.get(f"m-{number}", "club-login/c")) for number in range(12)] == [
                str(number) for number in range(12)
            ]


def test_nothing_of_a_secret_is_shown(family: Family) -> None:
    family.vault.put("m-1", "club-login/c", SecretStr(SECRET))
    assert SECRET not in repr(family.vault)
    assert SECRET not in repr(family.vault.get("m-1", "club-login/c"))
