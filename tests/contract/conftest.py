"""Each test in this folder runs on every family of adapters."""

from collections.abc import Generator
from pathlib import Path

import pytest
from support.families import FAMILIES, Family


@pytest.fixture(params=FAMILIES)
def family(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[Family, None, None]:
    """A family with nothing in it."""
    with FAMILIES[request.param](tmp_path / "data") as opened:
        yield opened
