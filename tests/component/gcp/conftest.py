"""A door for tokens, its clock, and the server of the keys that it knows."""

from collections.abc import Generator

import pytest
from support.clock import ManualClock
from support.tokens import ACCOUNT, AUDIENCE, GOOGLE, KEY, KeyServer, serving_keys

from autotennis.adapters.gcp.door import GcpDoor
from autotennis.adapters.gcp.place import Pusher


@pytest.fixture
def clock() -> ManualClock:
    """Stands until it is told to go on."""
    return ManualClock()


@pytest.fixture
def keys() -> Generator[KeyServer, None, None]:
    """The issuer's, with one key."""
    with serving_keys({"k-1": KEY}) as server:
        yield server


@pytest.fixture
def door(keys: KeyServer, clock: ManualClock) -> GcpDoor:
    """A door that has not been knocked at."""
    return GcpDoor(Pusher(AUDIENCE, ACCOUNT, GOOGLE, keys.url), clock)
