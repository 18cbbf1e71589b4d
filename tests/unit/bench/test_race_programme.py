"""Which opening is when, and at which club."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.race.cells import CELLS, chosen
from bench.race.contestants import Who
from bench.race.heats import programme
from bench.race.schedule import APART_S, Lane, planned

lanes = st.lists(
    st.builds(Lane, st.floats(0.5, 5.0), st.lists(st.floats(-5000, 5000), max_size=8).map(tuple)), max_size=6
)


@given(lanes)
def test_openings_are_apart_and_at_whole_seconds_of_their_clubs(given_lanes: list[Lane]):
    found = planned(given_lanes)
    for lane, instants in zip(given_lanes, found, strict=True):
        assert len(instants) == len(lane.ahead_ms)
        assert all(later - earlier >= lane.every_s - 1e-9 for earlier, later in pairwise(instants))
        for at_s, ahead_ms in zip(instants, lane.ahead_ms, strict=True):
            assert at_s + ahead_ms / 1000 == pytest.approx(round(at_s + ahead_ms / 1000), abs=1e-6)
    everything = sorted(at_s for instants in found for at_s in instants)
    assert all(later - earlier >= APART_S for earlier, later in pairwise(everything))


def test_a_new_club_for_each_opening_unless_the_club_is_learned():
    fresh, learned = programme(chosen(["rtt-20"], quick=True)), programme(chosen(["learned"], quick=True))
    ours = [heat for heat in fresh.heats if heat.is_ours]
    assert len({heat.club for heat in ours}) == len(ours) == len(fresh.our_clubs)
    assert {club["seed"] for club in fresh.our_clubs} == {1, 2, 3}
    assert len(learned.our_clubs) == 1
    assert [heat.counts for heat in learned.heats if heat.is_ours] == [False] * 2 + [True] * 3


def test_the_others_race_as_often_as_we_do_at_clubs_of_the_same_kind():
    plan = programme(chosen(["rtt-80"], quick=True))
    assert [heat.who for heat in plan.heats].count((Who.FORERUNNER,)) == 3
    assert {str(club["knobs"]) for club in plan.our_clubs} == {str(club["knobs"]) for club in plan.other_clubs}


def test_a_cell_goes_on_with_the_club_of_another():
    plan = programme(chosen(["slow-last"], quick=True))
    ours = [heat for heat in plan.heats if heat.is_ours]
    assert {heat.club for heat in ours} == {0}
    assert [heat.cell.name for heat in ours] == ["slow"] * 5 + ["slow-last"] * 3


def test_the_whole_run_stays_within_minutes():
    plan = programme([cell for cell in CELLS if not cell.alone])
    assert plan.heats[-1].at_s < 360
