"""Looks through a club's pages once a day: one that is not understood is told before anybody's booking fails by it."""

import asyncio
from collections.abc import Mapping

import structlog

from autotennis import signals
from autotennis.canary import health_of, keep_health
from autotennis.domain.club_health import ClubHealth, LookedThrough, Unread
from autotennis.domain.member import Credentials
from autotennis.errors import ClubBusy, ClubUnreachable
from autotennis.events import CanaryDue
from autotennis.member_secrets import note_refusal, usable_credentials
from autotennis.pausing import PauseBoard
from autotennis.ports import Club, Ports
from autotennis.values import FailureReason, Verdict, VerdictKind
from autotennis.visiting.gate import Gate
from autotennis_booker.quiet import QuietTimes

_log = structlog.get_logger()


class Canary:
    """Reads each kind of a club's pages as the first operator who has a login there."""

    def __init__(self, ports: Ports, quiet: QuietTimes, gates: Mapping[str, Gate]) -> None:
        self._ports = ports
        self._quiet = quiet
        self._gates = gates
        self._board = PauseBoard(ports.store, ports.clock)

    async def on_canary_due(self, event: CanaryDue) -> None:
        """Looks through the club's pages, unless that was done since the event, or the club is not to be asked now.

        Then nothing is noted, and the timer asks again later.
        """
        club = self._ports.clubs.get(event.club_id)
        before = await asyncio.to_thread(health_of, self._ports, event.club_id)
        if club is None or (before and before.read_at >= event.at) or not await self._may_ask(event.club_id):
            _log.info("the club's pages are not looked through now", club_id=event.club_id)
            return
        operator_id, credentials = await asyncio.to_thread(self._login_at, event.club_id)
        looked = await self._looked_through(club, credentials)
        if looked is None:
            return
        if looked.unread is Unread.LOGIN_REFUSED:
            await asyncio.to_thread(note_refusal, self._ports.vault, operator_id, event.club_id)
        await asyncio.to_thread(self._keep, before, event.club_id, looked)

    async def _may_ask(self, club_id: str) -> bool:
        is_paused = (await self._board.pauses()).of(club_id) is not None
        return not (is_paused or self._gates[club_id].is_closed or await self._quiet.is_quiet(club_id))

    def _login_at(self, club_id: str) -> tuple[str, Credentials | None]:
        """The first operator's login at the club that was not refused."""
        for operator in self._ports.store.operators():
            found = usable_credentials(self._ports.vault, operator.id, club_id)
            if not isinstance(found, FailureReason):
                return operator.id, found
        return "", None

    async def _looked_through(self, club: Club, credentials: Credentials | None) -> LookedThrough | None:
        """None if the club did not answer, or asked to be left alone."""
        gate = self._gates[club.rules.id]
        try:
            async with gate.passing(), club.visit() as visit:
                return await visit.look_through(credentials)
        except ClubBusy as error:
            gate.heard(Verdict(kind=VerdictKind.BUSY, retry_after_s=error.retry_after_s))
        except ClubUnreachable as error:
            _log.warning("the club's pages could not be looked through", club_id=club.rules.id, reason=str(error))
        return None

    def _keep(self, before: ClubHealth | None, club_id: str, looked: LookedThrough) -> None:
        """Tells first: a crash in between tells it once more under the same id."""
        now = self._ports.clock.now()
        health, facts = (before or ClubHealth(club_id=club_id, read_at=now)).after(looked, now)
        for fact in facts:
            self._ports.bus.publish(fact)
            _log.warning("a club's page has changed", club_id=club_id, page=fact.page.value, now_is=fact.now_is)
        keep_health(self._ports, health)
        signals.looked_through(club_id, len(health.changed))
