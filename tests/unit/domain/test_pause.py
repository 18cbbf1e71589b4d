"""What a pause is about."""

import pytest
from support.records import CLUB, NOW

from autotennis.domain.pause import MOST_PAUSES, Pause, Pauses, PauseScope, TooManyPauses


def a_pause(scope: PauseScope, about: str = "", reason: str = "because") -> Pause:
    return Pause(scope=scope, about=about, reason=reason, at=NOW, by="m-9")


@pytest.mark.parametrize(
    ("pause", "club_too"),
    [
        (a_pause(PauseScope.ALL), True),
        (a_pause(PauseScope.CLUB, CLUB), True),
        (a_pause(PauseScope.MEMBER, "m-1"), False),
    ],
)
def test_it_is_found_for_what_it_is_about(pause: Pause, club_too: bool) -> None:
    pauses = Pauses().begun(pause)
    assert pauses.of(CLUB, "m-1") == pause
    assert pauses.of(CLUB) == (pause if club_too else None)


def test_it_is_not_found_for_anything_else() -> None:
    pauses = Pauses().begun(a_pause(PauseScope.CLUB, "another")).begun(a_pause(PauseScope.MEMBER, "m-2"))
    assert pauses.of(CLUB, "m-1") is None
    # A member's id is no club's, whatever it is called.
    assert pauses.of("m-2") is None


def test_the_widest_is_told_first_and_a_later_one_takes_the_place_of_the_same() -> None:
    pauses = Pauses().begun(a_pause(PauseScope.MEMBER, "m-1")).begun(a_pause(PauseScope.ALL, reason="first"))
    pauses = pauses.begun(a_pause(PauseScope.ALL, reason="second"))
    assert len(pauses.pauses) == 2
    found = pauses.of(CLUB, "m-1")
    assert found
    assert found.reason == "second"


def test_one_that_has_ended_ends_no_other() -> None:
    pauses = Pauses().begun(a_pause(PauseScope.ALL)).begun(a_pause(PauseScope.MEMBER, "m-1"))
    left = pauses.ended("all/").ended("club/no-such")
    assert left.of(CLUB, "m-1") == a_pause(PauseScope.MEMBER, "m-1")
    assert left.of(CLUB) is None


def test_there_are_not_more_than_can_be_read_at_once() -> None:
    pauses = Pauses()
    for number in range(MOST_PAUSES):
        pauses = pauses.begun(a_pause(PauseScope.MEMBER, f"m-{number}"))
    assert len(pauses.begun(a_pause(PauseScope.MEMBER, "m-0")).pauses) == MOST_PAUSES
    with pytest.raises(TooManyPauses):
        pauses.begun(a_pause(PauseScope.ALL))
