"""One system for all tests in this folder: each leaves the club's knobs as they were, and kills what comes back."""

from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio
from support.whole_system import Whole, available, shares_a_system, whole_system_with_club

from autotennis_local.choices import Backing

BACKINGS = [pytest.param(one, marks=shares_a_system(one)) for one in Backing]


@pytest_asyncio.fixture(loop_scope="package", scope="package", params=BACKINGS)
async def whole(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Whole]:
    async with whole_system_with_club(tmp_path_factory.mktemp("system"), available(request.param)) as whole:
        yield whole
