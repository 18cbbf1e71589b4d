"""The club that a person finds at the start."""

import random
from datetime import datetime

from practice_club.model import ClubModel
from practice_club.seed import plausible_club
from practice_club.times import OSLO, instant_ns
from practice_club.vocabulary import Kind, Level

NOW_NS = instant_ns(datetime(2026, 11, 25, 12, tzinfo=OSLO))


def _club(seed: int) -> ClubModel:
    model = ClubModel()
    plausible_club(model, random.Random(seed), NOW_NS)  # noqa: S311 - invented people, no secrets
    return model


def test_the_same_seed_makes_the_same_club() -> None:
    one, same, other = _club(1), _club(1), _club(2)
    assert one.members == same.members
    assert one.slots == same.slots
    assert one.slots != other.slots


def test_it_has_every_kind_and_level_a_coach_and_norwegian_letters() -> None:
    model = _club(1)
    assert {slot.kind for slot in model.slots} == set(Kind)
    assert {slot.level for slot in model.slots} == set(Level)
    assert any(slot.coach for slot in model.slots)
    assert any(letter in member.name for member in model.members.values() for letter in "æøåÆØÅ")


def test_nobody_is_in_a_session_twice_and_no_session_is_overbooked() -> None:
    for session in _club(3).sessions.values():
        takers = session.takers()
        assert len(takers) == len(set(takers)) <= session.slot.capacity
        assert session.history == []
