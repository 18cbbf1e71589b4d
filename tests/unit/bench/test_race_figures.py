"""From the clubs' records to figures."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.race.figures import Entry, Figures, Race, Spread, quantile, race_of, shared_between

MS = 1_000_000
OPENS_NS = 1_800_000_000_000 * MS
ENTRY = Entry(member_id=7, timeid=3, opens_ns=OPENS_NS, round_trip_ms=20.0)


def request(at_ms: float, action: str = "sign_up", verdict: str = "not_open", **more: Any) -> dict[str, Any]:
    """What the club's record keeps of a request that it decided 2 ms after its arrival, and answered 1 ms later."""
    arrived_ns = OPENS_NS + round(at_ms * MS)
    return {
        "member_id": 7,
        "timeid": 3,
        "action": action,
        "verdict": verdict,
        "arrived_ns": arrived_ns,
        "decided_ns": arrived_ns + 2 * MS,
        "answered_ns": arrived_ns + 3 * MS,
        "user_agent": "Autotennis/0.1",
        **more,
    }


def test_a_race_is_told_by_the_request_that_got_the_place():
    race = race_of(
        ENTRY,
        [
            request(-15_000, "login", "logged_in", timeid=None),
            request(-14_900, "view", "viewed"),
            request(-4),
            request(1.5, verdict="signed_up"),
            request(5, verdict="already"),
            request(1500, "view", "viewed"),
        ],
    )
    assert (race.arrived_ms, race.decided_ms) == (1.5, 3.5)
    assert (race.requests, race.sign_ups, race.early, race.at_opening) == (6, 3, 1, 2)


def test_another_member_and_another_session_are_not_counted_as_this_race():
    race = race_of(ENTRY, [request(1, verdict="signed_up", member_id=8), request(2, verdict="signed_up", timeid=4)])
    assert race.decided_ms is None
    assert (race.requests, race.sign_ups) == (1, 0)


@pytest.mark.parametrize(("at_ms", "after"), [(25.9, 0), (26.1, 1)])
def test_only_what_was_sent_when_the_answer_was_there_comes_after_the_verdict(at_ms: float, after: int):
    # Decided at 2 ms, answered at 3: the answer and the next request need 20 ms for their ways and 3 between hands.
    race = race_of(ENTRY, [request(0, verdict="signed_up"), request(at_ms, verdict="already")])
    assert race.after_verdict == after


def test_a_lost_place_has_no_instants():
    race = race_of(ENTRY, [request(3, verdict="full")])
    assert (race.decided_ms, race.arrived_ms, race.after_verdict) == (None, None, 0)


def test_probes_count_for_the_opening_that_comes_next():
    later_ns = OPENS_NS + 4000 * MS
    probes = [
        request(-10, "page", member_id=None),
        request(10, "page", member_id=None),
        request(20, "page", member_id=None, user_agent="somebody else"),
        request(30, "page"),
        request(9000, "page", member_id=None),
    ]
    assert shared_between([later_ns, OPENS_NS], probes, "Autotennis") == {OPENS_NS: 1, later_ns: 2}


@pytest.mark.parametrize(
    ("values", "share", "wanted"),
    [
        ((), 0.5, None),
        ((3.0,), 0.99, 3.0),
        ((4.0, 1.0, 2.0), 0.5, 2.0),
        ((1.0, 2.0), 0.5, 1.5),
        ((0.0, 10.0), 0.9, 9.0),
    ],
)
def test_quantiles(values: tuple[float, ...], share: float, wanted: float | None):
    assert quantile(values, share) == pytest.approx(wanted)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1))
def test_quantiles_are_in_order_and_within_what_was_found(values: list[float]):
    found = [found for share in (0.0, 0.5, 0.9, 0.99, 1.0) if (found := quantile(values, share)) is not None]
    assert found == sorted(found)
    assert (found[0], found[-1]) == (min(values), max(values))


def test_figures_of_several_races():
    def race(decided_ms: float | None, *, contested: bool) -> Race:
        return Race(decided_ms, decided_ms, 10, 5, 2, 3, 1, contested)

    figures = Figures((race(1.0, contested=True), race(None, contested=True), race(3.0, contested=False)))
    assert (figures.races, figures.won, figures.contested, figures.contested_won) == (3, 2, 2, 1)
    assert figures.decided == Spread((1.0, 3.0))
    assert (figures.requests.mean, figures.requests.most, figures.after_verdict) == (10, 10, 3)


def test_there_is_no_figure_of_nothing():
    nothing = Figures(())
    assert (nothing.decided.median, nothing.requests.mean, nothing.requests.most) == (None, None, None)
