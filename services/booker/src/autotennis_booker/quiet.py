"""Leaves a club alone around its openings: what is done beside them waits."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from autotennis.domain.checks import CheckRules
from autotennis.ports import Ports

_ENOUGH: Final = 200
# What is done beside the openings takes some seconds: it is to be over when the club is to be left alone.
_TAKES: Final = timedelta(seconds=30)


class QuietTimes:
    """Knows when a club is to be left alone: around its openings, and while this process races."""

    def __init__(self, ports: Ports, rules: CheckRules, is_racing: Callable[[], bool]) -> None:
        self._ports = ports
        self._rules = rules
        self._is_racing = is_racing

    async def is_quiet(self, club_id: str) -> bool:
        """Whether nothing but races may ask this club for anything now."""
        if self._is_racing():
            return True
        now, rules = self._ports.clock.now(), self._rules
        since, until = now - rules.quiet_after, now + rules.quiet + min(_TAKES, rules.quiet)
        near = await asyncio.to_thread(self._ports.store.openings, since, until, now, _ENOUGH)
        return any(one.club_id == club_id for one in near)
