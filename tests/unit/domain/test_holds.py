"""Whether a club may hold a place for a member, and how much of the cap is kept for that."""

import pytest

from autotennis.domain.club import RaceRules
from autotennis.domain.holds import Holds, kept_for_steps
from autotennis.domain.pace import kept_for_proof
from autotennis.values import Action, Verdict, VerdictKind

SILENT = (VerdictKind.NO_ANSWER, VerdictKind.BUSY, VerdictKind.UNKNOWN, VerdictKind.UNTRUSTED, VerdictKind.LOGGED_OUT)
SETTLED = (VerdictKind.FREE, VerdictKind.FULL, VerdictKind.NOT_OPEN, VerdictKind.SIGNED_UP, VerdictKind.ON_LIST)


def after(*said: tuple[Action, VerdictKind | None], steps: int = 2) -> bool:
    """Whether a place may be held once all this was asked and answered; None is an answer that is not there yet."""
    holds = Holds(steps)
    for action, kind in said:
        holds.asked(action)
        if kind is not None:
            holds.heard(action, Verdict(kind=kind))
    return holds.may_be


def test_nothing_is_held_that_was_not_asked_for() -> None:
    assert not after()
    assert not after((Action.LOG_IN, VerdictKind.LOGGED_IN), (Action.LOOK, VerdictKind.NO_ANSWER))


def test_what_the_club_says_is_held_may_be() -> None:
    assert after((Action.SIGN_UP, VerdictKind.HELD))
    assert after((Action.LOOK, VerdictKind.HELD)), "by an earlier try"


@pytest.mark.parametrize("kind", [None, *SILENT])
def test_a_sign_up_of_which_nothing_is_known_may_hold_one_until_a_look_tells(kind: VerdictKind | None) -> None:
    assert after((Action.SIGN_UP, kind))
    assert after((Action.SIGN_UP, kind), (Action.LOOK, VerdictKind.NO_ANSWER))
    for shown in SETTLED:
        assert not after((Action.SIGN_UP, kind), (Action.LOOK, shown)), shown


@pytest.mark.parametrize("kind", [None, *SILENT])
def test_a_club_that_takes_no_steps_holds_nothing(kind: VerdictKind | None) -> None:
    assert not after((Action.SIGN_UP, kind), steps=0)


@pytest.mark.parametrize("kind", SETTLED)
def test_a_sign_up_that_was_not_taken_or_was_all_holds_none(kind: VerdictKind) -> None:
    assert not after((Action.SIGN_UP, kind))


def test_one_that_was_lost_is_reckoned_with_beside_one_that_was_refused() -> None:
    assert after((Action.SIGN_UP, None), (Action.SIGN_UP, VerdictKind.NOT_OPEN))


def test_a_late_answer_is_believed_after_a_look() -> None:
    holds = Holds(2)
    holds.asked(Action.SIGN_UP)
    holds.heard(Action.LOOK, Verdict(kind=VerdictKind.FULL))
    holds.heard(Action.SIGN_UP, Verdict(kind=VerdictKind.HELD))
    assert holds.may_be


def test_steps_that_went_through_leave_nothing_to_let_go_of_and_others_do() -> None:
    held = (Action.SIGN_UP, VerdictKind.HELD)
    assert not after(held, (Action.COMPLETE, VerdictKind.SIGNED_UP))
    for kind in (VerdictKind.REFUSED, VerdictKind.HELD, *SILENT):
        assert after(held, (Action.COMPLETE, kind)), kind


@pytest.mark.parametrize("kind", [VerdictKind.FREE, VerdictKind.HELD, *SILENT])
def test_it_is_let_go_of_once(kind: VerdictKind) -> None:
    assert not after((Action.SIGN_UP, VerdictKind.HELD), (Action.RELEASE, kind))


def test_room_is_kept_for_the_steps_a_look_and_the_release_where_there_are_steps() -> None:
    assert kept_for_steps(RaceRules()) == 0
    assert kept_for_steps(RaceRules(steps=3)) == 5
    assert kept_for_proof(RaceRules(steps=3)) - kept_for_proof(RaceRules()) == 5
