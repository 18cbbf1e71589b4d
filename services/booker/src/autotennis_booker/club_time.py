"""Learns each club's clock, once for all bookings of an opening."""

import asyncio
import contextlib
from datetime import datetime
from typing import Final

import structlog

from autotennis.domain.clubclock import ClubClock, Probe, measured, next_probe_at
from autotennis.domain.pace import CLOCK_END_S, CLOCK_LEAD_S, PROBE_GAP_S, PROBES
from autotennis.ports import Answer, Clock, Club, Visit
from autotennis_booker.gate import Gate

# Narrower than this, another probe is not worth a request.
_GOOD_ENOUGH_S: Final = 0.001
# A club's id and the opening.
_Opening = tuple[str, datetime]
_log = structlog.get_logger()


def probe_of(answer: Answer) -> Probe | None:
    """What an answer tells of the club's clock: each one with a Date header does."""
    return Probe(answer.sent_s, answer.received_s, answer.date) if answer.date else None


class ClubTime:
    """The clocks of the clubs as this process knows them. Bookings of one opening share one measurement."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._measuring: dict[_Opening, asyncio.Task[ClubClock | None]] = {}

    async def at_opening(self, club: Club, gate: Gate, opening_at: datetime, opening_s: float) -> ClubClock | None:
        """The club's clock, measured in the last seconds before the opening; None if its answers bear no date.

        `opening_s` is the reading of our monotonic clock at which the opening is expected.
        """
        key = (club.rules.id, opening_at)
        if key not in self._measuring:
            self._measuring[key] = asyncio.create_task(self._measure(club, gate, opening_s))
            self._measuring[key].add_done_callback(lambda task: self._forget(key, task))
        return await asyncio.shield(self._measuring[key])

    def _forget(self, measured: _Opening, task: "asyncio.Task[ClubClock | None]") -> None:
        """A measurement that went wrong is made again; those of earlier openings are of no use any more."""
        over = [key for key, one in self._measuring.items() if key[1] < measured[1] and one.done()]
        for key in [measured, *over] if task.cancelled() or task.exception() else over:
            del self._measuring[key]

    async def _measure(self, club: Club, gate: Gate, opening_s: float) -> ClubClock | None:
        await self._clock.sleep_until(opening_s - CLOCK_LEAD_S)
        async with club.visit() as visit:
            found = await self._probed(visit, gate, opening_s - CLOCK_END_S)
        if found:
            reading = found.reading(self._clock.now(), self._clock.monotonic_s())
            _log.info("club's clock measured", club_id=club.rules.id, **reading.model_dump())
        else:
            _log.warning("the club's clock could not be measured", club_id=club.rules.id)
        return found

    async def _probed(self, visit: Visit, gate: Gate, until_s: float) -> ClubClock | None:
        probes: list[Probe] = []
        with contextlib.suppress(TimeoutError):
            # A probe that hangs must not hold up every race of the opening.
            async with asyncio.timeout(max(0.0, until_s - self._clock.monotonic_s())):
                await self._probe(visit, gate, probes)
        return measured(probes)

    async def _probe(self, visit: Visit, gate: Gate, probes: list[Probe]) -> None:
        """Adds what each probe tells, until enough is known."""
        for _ in range(PROBES):
            found = measured(probes)
            if found and found.width_s < _GOOD_ENOUGH_S:
                return
            await self._clock.sleep_until(next_probe_at(found, self._clock.monotonic_s() + PROBE_GAP_S))
            async with gate.passing():
                answer = await visit.probe()
            gate.heard(answer.verdict)
            if probe := probe_of(answer):
                probes.append(probe)
