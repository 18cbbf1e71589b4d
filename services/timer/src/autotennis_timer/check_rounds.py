"""Has bookings checked before their openings: shared out so that each member is visited once, and few at a time."""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import groupby
from typing import Final

import structlog

from autotennis.checking import have_checked
from autotennis.domain.booking import Booking, Change
from autotennis.domain.checks import CheckRules
from autotennis.events import CheckDue
from autotennis.ports import Ports
from autotennis_timer.apart import failures_of

# The booker visits one member after another, and must not hold a delivery for long. One member's are never parted.
SHARD: Final = 25
_MOST_OF_A_MEMBER: Final = 100
# A sweep takes so many in hand; the next one goes on.
_MOST: Final = 500
_log = structlog.get_logger()


class CheckRounds:
    """Hands over the checks that are due."""

    def __init__(self, ports: Ports, rules: CheckRules) -> None:
        self._ports = ports
        self._rules = rules

    def hand_over(self) -> None:
        """Publishes CheckDue for every booking that is to be checked now.

        Whoever is checked now is not checked again within the time over which checks are spread: what is due by then is
        checked along, with the same login.
        """
        now = self._ports.clock.now()
        coming = self._ports.store.checks_due(now + self._rules.spread, _MOST)
        due = {_of(one) for one in coming if one.check_at and one.check_at <= now}
        shards = _shards(sorted((one for one in coming if _of(one) in due), key=_of))
        if failed := failures_of(partial(self._have_checked, shard) for shard in shards):
            raise failed[0]

    def _have_checked(self, shard: Sequence[Booking]) -> None:
        try:
            have_checked(self._ports, shard, partial(self._noted, {one.id: one for one in shard}))
        except Exception:
            if len(shard) == 1:
                raise
            # With one of them something is wrong: the others are checked all the same.
            if failed := failures_of(partial(self._have_checked, [one]) for one in shard):
                raise failed[0] from None
            return
        _log.info("checks handed over", club_id=shard[0].club_id, bookings=len(shard))

    def _noted(self, seen: dict[str, Booking], found: Booking, due: CheckDue | None) -> Change:
        was_at = seen[found.id].check_at
        return found.check_handed_over(due, was_at, self._rules, self._ports.clock.now())


def _of(booking: Booking) -> tuple[str, str]:
    return booking.club_id, booking.member_id


def _shards(bookings: Sequence[Booking]) -> Iterator[Sequence[Booking]]:
    """Those of a club, a few members at a time."""
    shard: list[Booking] = []
    for (club_id, _), found in groupby(bookings, key=_of):
        theirs = list(found)[:_MOST_OF_A_MEMBER]
        if shard and (shard[0].club_id != club_id or len(shard) + len(theirs) > SHARD):
            yield shard
            shard = []
        shard += theirs
    if shard:
        yield shard
