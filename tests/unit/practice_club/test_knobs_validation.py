"""Knobs refuse what makes no sense, and say why."""

import pytest
from pydantic import ValidationError

from practice_club.knobs import Knobs


def test_turning_keeps_the_other_knobs() -> None:
    knobs = Knobs(latency_in_ms=10).turned({"workers": 1, "rivals": [{"after_opening_ms": 4}]})
    assert (knobs.latency_in_ms, knobs.workers, knobs.rivals[0].places) == (10, 1, 1)
    assert knobs.turned({"workers": None}).rivals == knobs.rivals


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"latency": 5}, "latency"),
        ({"latency_in_ms": -1}, "latency_in_ms"),
        ({"workers": 0}, "workers"),
        ({"dst_rule": "guess"}, "dst_rule"),
        ({"faults": [{"kind": "earthquake"}]}, "faults.0.kind"),
        ({"faults": [{"kind": "reset", "retry_after_s": 3}]}, "Retry-After"),
        ({"faults": [{"kind": "moved"}]}, "`location`"),
        ({"faults": [{"kind": "reset", "location": "http://elsewhere.example/"}]}, "`location`"),
        ({"faults": [{"kind": "forbidden", "after": {"requests": 5}}]}, "faults.0.after.seconds"),
        ({"flood_guard": {"limit": {"requests": 5, "seconds": 1}, "status": 418}}, "403, 429 or 503"),
        ({"rivals": [{"places": 2}]}, "rivals.0.after_opening_ms"),
        ({"clock_offset_ms": "late"}, "clock_offset_ms"),
        ({"clock_steps": [{"step_ms": 5}]}, "one of `after_s` and `at`"),
        ({"clock_steps": [{"step_ms": 5, "after_s": 1, "at": "2026-11-24T15:00:00Z"}]}, "one of `after_s` and `at`"),
        ({"servers": []}, "servers"),
        ({"via": "1.1 proxy\r\nX: y"}, "via"),
        ({"cached_pages": {"seconds": 0}}, "cached_pages.seconds"),
        ({"opening_late_random_s": [300, 60]}, "the least and the most"),
        ({"opening_late_random_s": [-1, 60]}, "the least and the most"),
        ({"rush": {"requests": 100}}, "`workers`"),
        ({"workers": 2, "rush": {"requests": 100, "from_ms": 5, "to_ms": 4}}, "before it ends"),
    ],
)
def test_a_wrong_knob_is_named(changes: dict[str, object], named: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Knobs().turned(changes)
    assert named in str(caught.value)


def test_knobs_survive_json() -> None:
    knobs = Knobs().turned(
        {
            "faults": [{"kind": "timeout", "action": "sign_up", "acts": True}],
            "workers": 2,
            "rush": {"requests": 5},
            "clock_steps": [{"step_ms": -3, "at": "2026-11-24T15:00:00Z"}],
            "servers": [0, 3.5],
            "cached_pages": {"seconds": 60},
        }
    )
    assert Knobs.model_validate_json(knobs.model_dump_json()) == knobs
