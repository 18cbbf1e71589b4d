"""One member's visit to a club before openings: logs in once, looks at each session, changes nothing."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from autotennis.domain.booking import Booking, Budget, Outcome
from autotennis.domain.checks import SAYS_NOTHING, Finding, finding, moved
from autotennis.domain.clubclock import ClubClock
from autotennis.domain.member import Credentials
from autotennis.domain.opening import is_elsewhere
from autotennis.errors import LoginRefused, PageNotUnderstood
from autotennis.ports import Clock, Club, SessionPage, Visit
from autotennis.values import Action, Failure, FailureReason, Session, VerdictKind
from autotennis.visiting.access import Access
from autotennis.visiting.conversation import BudgetSpent, Conversation, Fixed
from autotennis.visiting.endings import Unanswered
from autotennis.visiting.gate import Gate

# A log-in that is unclear is tried once more, and a letter beyond ASCII may cost another; each session takes a look,
# and one more where the login was lost. This is a budget of its own: a check takes nothing of what a race may send.
_TO_LOG_IN: Final = 6
_TO_LOOK: Final = 2
# Of a club that is busy there will be news later; of one that these are said of, perhaps never.
_SILENT: Final = frozenset({VerdictKind.NO_ANSWER, VerdictKind.UNTRUSTED})

Findings = Mapping[str, Finding]


class CheckVisit:
    """Finds out what would keep a member's bookings from their places."""

    def __init__(self, club: Club, visit: Visit, gate: Gate, clock: Clock, bookings: Sequence[Booking]) -> None:
        self._club = club
        self._clock = clock
        self._bookings = bookings
        budget = Budget(requests=_TO_LOG_IN + _TO_LOOK * len(bookings), sign_ups=0)
        self._conversation = Conversation(visit, gate, clock, Fixed(budget))
        self.is_login_refused = False
        self.was_silent = False

    async def findings(self, credentials: Credentials, shown: Sequence[Session]) -> Findings:
        """What was found of each booking, by its id; those of which the club said nothing are left out.

        `shown` is what the club's timetable has.
        """
        access = Access(self._conversation, self._clock, credentials, lambda: False, self._club.rules.race.logins)
        try:
            await access.log_in(self._until_s)
        except LoginRefused as error:
            self.is_login_refused = True
            return self._all(FailureReason.LOGIN_REFUSED, str(error))
        except PageNotUnderstood as error:
            return self._all(FailureReason.PAGE_NOT_UNDERSTOOD, error.fingerprint)
        except (Unanswered, BudgetSpent) as error:
            self.was_silent = isinstance(error, Unanswered) and error.verdict.kind in _SILENT
            return {}
        return await self._looked(access, shown)

    async def _looked(self, access: Access, shown: Sequence[Session]) -> Findings:
        found: dict[str, Finding] = {}
        for booking in self._bookings:
            try:
                page = await access.look(booking.session, self._until_s)
            except (LoginRefused, PageNotUnderstood, Unanswered, BudgetSpent):
                # It was logged in a moment ago: this is no news of the login.
                break
            if page.verdict.kind not in SAYS_NOTHING:
                found[booking.id] = self._finding(booking, page, shown)
            self.was_silent |= page.verdict.kind in _SILENT
        return found

    def _finding(self, booking: Booking, page: SessionPage, shown: Sequence[Session]) -> Finding:
        found, now = finding(page.verdict, moved(booking.session, shown)), self._clock.now()
        told = now if self._is_open(page, now) else page.verdict.opens_at
        # What a fixed place waits for is another instant.
        if found.failure or told is None or booking.seeks_fixed_place:
            return found
        is_earlier = told <= now < booking.opening_at
        is_other = is_earlier or is_elsewhere(booking.opening_at, told, now)
        return found.model_copy(update={"opens_at": told}) if is_other else found

    def _is_open(self, page: SessionPage, now: datetime) -> bool:
        """Whether it has opened already. Where some have places of their own, a free one may be one of those."""
        if page.verdict.opens_at is not None:
            return page.verdict.opens_at <= now
        return page.way_in is Action.SIGN_UP and not self._club.traits.has_fixed_places

    def outcome(self, now: datetime) -> Outcome:
        """What was said, for counting."""
        ours = ClubClock.assumed(now, self._clock.monotonic_s())
        return Outcome(timeline=self._conversation.timeline(now, ours))

    def _all(self, reason: FailureReason, detail: str) -> Findings:
        failed = Finding(failure=Failure(reason=reason, detail=detail[:500]))
        return {one.id: failed for one in self._bookings}

    @property
    def _until_s(self) -> float:
        return self._clock.monotonic_s() + self._club.rules.race.prove_s
