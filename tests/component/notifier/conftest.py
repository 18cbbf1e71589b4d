"""A notifier, and where messages arrive."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest_asyncio
from support.mailroom import Mailroom, mailroom


@pytest_asyncio.fixture
async def room(tmp_path: Path) -> AsyncGenerator[Mailroom]:
    """A notifier with receivers of every kind."""
    async with mailroom(tmp_path) as opened:
        yield opened
