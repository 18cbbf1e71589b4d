"""The programme of an evening: what openings there are, and whom they take."""

from collections import Counter

import pytest

from autotennis_local.evening.programme import (
    SHORTEST_GAP_S,
    Deed,
    Kind,
    Opening,
    Twist,
    Unplayable,
    programme,
)


def sessions_of(opening: Opening, twist: Twist) -> list[int]:
    return [wish.member for wish in opening.wishes if wish.twist is twist]


@pytest.mark.parametrize(("members", "openings", "minutes"), [(12, 12, 2), (12, 10, 0.9), (40, 12, 60), (3000, 30, 60)])
def test_every_kind_has_its_turn_and_every_member_a_wish(members: int, openings: int, minutes: float) -> None:
    evening = programme(members, openings, minutes)
    assert {opening.kind for opening in evening.openings} == set(Kind)
    assert [opening.at_s for opening in evening.openings] == sorted(opening.at_s for opening in evening.openings)
    assert evening.lasts_s == pytest.approx(minutes * 60, abs=1)
    wished = Counter(wish.member for opening in evening.openings for wish in opening.wishes)
    assert set(wished) <= set(range(members))
    assert len(wished) >= members - openings


@pytest.mark.parametrize("members", [12, 13, 40, 500])
def test_nobody_wants_two_places_at_one_instant(members: int) -> None:
    for opening in programme(members, 24, 60).openings:
        assert set(Counter(wish.member for wish in opening.wishes).values()) == {1}


def test_whom_the_club_does_not_let_in_has_no_other_wish() -> None:
    evening = programme(12, 40, 60)
    lost = {one for opening in evening.openings for one in sessions_of(opening, Twist.WRONG_PASSWORD)}
    wished = Counter(wish.member for opening in evening.openings for wish in opening.wishes)
    assert lost
    assert {wished[one] for one in lost} == {1}


def test_more_want_the_crowded_session_than_it_has_places() -> None:
    (crowded,) = [opening for opening in programme(400, 12, 60).openings[:3] if opening.kind is Kind.CROWDED]
    (session,) = crowded.sessions
    assert len(session.wishes) > session.capacity


def test_what_is_turned_at_the_club_is_turned_back_before_the_next_opening() -> None:
    evening = programme(12, 10, 9 * SHORTEST_GAP_S / 60)
    acts = [act for act in evening.acts() if act.deed is not Deed.CANCEL]
    assert [act.deed for act in acts[1::2]] == [Deed.BE_USUAL] * 3
    for turned, back in zip(acts[::2], acts[1::2], strict=True):
        assert turned.opening is back.opening
        others = [opening.at_s for opening in evening.openings if opening is not turned.opening]
        assert not [at_s for at_s in others if turned.at_s <= at_s <= back.at_s]


@pytest.mark.parametrize(
    ("members", "openings", "minutes", "words"),
    [(11, 12, 60, "12 members or more"), (12, 12, 1, "give --minutes 1.1"), (12, 80, 60, "16 members or more")],
)
def test_what_cannot_be_is_refused_with_what_to_ask_for(
    members: int, openings: int, minutes: float, words: str
) -> None:
    with pytest.raises(Unplayable, match=words):
        programme(members, openings, minutes)
