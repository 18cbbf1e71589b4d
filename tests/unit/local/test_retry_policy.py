"""How long the embedded bus waits before it tries again."""

import pytest

from autotennis.adapters.local.bus import RetryPolicy

POLICY = RetryPolicy()


@pytest.mark.parametrize(
    ("refusals", "full_s"), [(1, 1), (2, 2), (3, 4), (4, 8), (5, 16), (6, 32), (7, 60), (8, 60), (100, 60), (5000, 60)]
)
def test_the_wait_doubles_up_to_a_minute_and_is_at_most_a_fifth_shorter(refusals: int, full_s: float) -> None:
    waits_s = [POLICY.wait_s(refusals, delivery_id) for delivery_id in range(200)]
    assert all(0.8 * full_s <= wait_s <= full_s for wait_s in waits_s)
    # Those refused together do not come back together.
    assert max(waits_s) - min(waits_s) > 0.1 * full_s


def test_the_wait_is_the_same_each_time_it_is_asked_for() -> None:
    assert POLICY.wait_s(3, 77) == RetryPolicy().wait_s(3, 77)
