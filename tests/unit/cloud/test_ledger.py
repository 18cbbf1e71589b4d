"""What was released, and where the way back leads."""

from datetime import UTC, datetime, timedelta

import pytest

from autotennis_cloud.ledger import Move, Release, before, now_serving
from autotennis_cloud.rolling_back import chosen
from autotennis_cloud.trouble import CloudTrouble

BEGAN = datetime(2026, 11, 1, tzinfo=UTC)


def _history(*moves: str) -> list[Release]:
    """Releases by the names of their commits; with a `<`, the way back to that one."""
    return [
        Release(
            at=BEGAN + timedelta(days=day),
            move=Move.BACK if name.startswith("<") else Move.FORWARD,
            commit=name.strip("<"),
            version=f"v-{name.strip('<')}",
            revisions={"api": f"api-{name.strip('<')}"},
        )
        for day, name in enumerate(moves)
    ]


@pytest.mark.parametrize(
    ("moves", "now", "back_to"),
    [
        ("", "", ""),
        ("a", "a", ""),
        ("a b", "b", "a"),
        ("a b <a", "a", ""),
        ("a b c <b", "b", "a"),
        ("a b c <b <a", "a", ""),
        ("a b <a c", "c", "a"),
        ("a b c <a", "a", ""),
        ("<a b", "b", "a"),
    ],
)
def test_the_way_back_never_leads_to_what_was_gone_back_from(moves: str, now: str, back_to: str) -> None:
    """However often it is gone."""
    history = _history(*moves.split())
    found = now_serving(history), before(history)
    assert [one.commit if one else "" for one in found] == [now, back_to]


def test_a_release_is_named_by_its_commit_or_version() -> None:
    """The beginning of a commit is enough."""
    history = _history("abc", "def", "ghi")
    serving = history[-1].revisions
    assert chosen(history, "", serving).commit == "def"
    assert chosen(history, "ab", serving).commit == "abc"
    assert chosen(history, "v-abc", serving).commit == "abc"
    with pytest.raises(CloudTrouble, match="No release is called xyz"):
        chosen(history, "xyz", serving)


def test_from_a_release_that_was_cut_off_the_way_leads_back_to_the_last_one() -> None:
    """It was never noted down, and has some of the traffic."""
    history = _history("abc", "def")
    assert chosen(history, "", {"api": "api-of-a-release-that-was-cut-off"}).commit == "def"
    with pytest.raises(CloudTrouble, match="no release before"):
        chosen([], "", {"api": "api-1"})
