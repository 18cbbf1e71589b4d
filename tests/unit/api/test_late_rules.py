"""Routes whose addresses are put together as Werkzeug does it, only later."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from werkzeug.routing import Map, Rule

from autotennis_api.late_rules import LateRule


def _built(rule: Rule, values: Mapping[str, Any], *, append_unknown: bool) -> tuple[str, str] | None:
    Map([rule])
    return rule.build(values, append_unknown)


@pytest.mark.parametrize("append_unknown", [True, False])
@pytest.mark.parametrize(
    ("path", "defaults", "values"),
    [
        ("/", None, {}),
        ("/settings", None, {"next": "/å?"}),
        ("/bookings/<booking_id>", None, {"booking_id": "b 1/2", "rule": "r", "self": "s"}),
        ("/weeks/<int:year>/<path:rest>", None, {"year": 2026, "rest": "a/b"}),
        ("/pages/<int:number>", {"number": 1}, {"number": 1}),
    ],
)
def test_addresses_are_the_same(
    path: str, defaults: Mapping[str, Any] | None, values: Mapping[str, Any], append_unknown: bool
) -> None:
    late, usual = (kind(path, endpoint="page", defaults=defaults) for kind in (LateRule, Rule))
    assert _built(late, values, append_unknown=append_unknown) == _built(usual, values, append_unknown=append_unknown)


class _Noted(Rule):
    compiled = 0

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        self.compiled += 1
        return super()._compile_builder(append_unknown)


class _LateNoted(LateRule, _Noted):
    pass


def test_nothing_is_compiled_before_an_address_is_asked_for_and_then_once() -> None:
    rule = _LateNoted("/bookings/<booking_id>", endpoint="page")
    Map([rule])
    assert rule.compiled == 0
    for _ in range(3):
        assert rule.build({"booking_id": "b-1"}) == ("", "/bookings/b-1")
    assert rule.compiled == 1
