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
        ({"faults": [{"kind": "forbidden", "after": {"requests": 5}}]}, "faults.0.after.seconds"),
        ({"flood_guard": {"limit": {"requests": 5, "seconds": 1}, "status": 418}}, "403, 429 or 503"),
        ({"rivals": [{"places": 2}]}, "rivals.0.after_opening_ms"),
        ({"clock_offset_ms": "late"}, "clock_offset_ms"),
    ],
)
def test_a_wrong_knob_is_named(changes: dict[str, object], named: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Knobs().turned(changes)
    assert named in str(caught.value)


def test_knobs_survive_json() -> None:
    knobs = Knobs().turned({"faults": [{"kind": "timeout", "action": "sign_up", "acts": True}], "workers": 2})
    assert Knobs.model_validate_json(knobs.model_dump_json()) == knobs
