"""Errands beside the openings: to take a place that became free, or to give one back, and to see that it is so."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from autotennis.domain.booking import Booking, Outcome
from autotennis.domain.clubclock import ClubClock
from autotennis.domain.member import Credentials
from autotennis.errors import LoginRefused, PageNotUnderstood
from autotennis.ports import Answer, Clock, Club, SessionPage
from autotennis.values import Action, FailureReason, Verdict, VerdictKind
from autotennis.visiting.access import SAYS_NOTHING, Access
from autotennis.visiting.conversation import BudgetSpent, Conversation
from autotennis.visiting.endings import Lost, Unanswered, Won, lost, unsaid
from autotennis.visiting.holding import completed, let_go

# Is asked just before anything is asked of the club: whether the booking is in our hands still, and wanted. It raises
# what speaks against it.
MayAct = Callable[[], Awaitable[object]]
_NO_ANSWER: Final = Verdict(kind=VerdictKind.NO_ANSWER)
# Nor does it say of a place, where it takes the visitor for somebody else or for nobody.
_SAYS_NOTHING: Final = SAYS_NOTHING | {VerdictKind.LOGGED_OUT, VerdictKind.REFUSED}
# The session's page shows one of these to a member who has no place there.
_NO_PLACE: Final = frozenset({VerdictKind.FULL, VerdictKind.ON_LIST})
_NOT_IN: Final = _NO_PLACE | {VerdictKind.FREE, VerdictKind.HELD, VerdictKind.NOT_OPEN, VerdictKind.CANCELLED}


@dataclass(frozen=True, slots=True)
class Missed:
    """Nothing was there to be taken, or somebody else was quicker."""


@dataclass(frozen=True, slots=True)
class Gone:
    """The club's own page does not show the member (any more)."""

    seen_at: datetime


class Errand:
    """One visit to the club for one booking. What is asked of the club comes after a look, and before another one.

    `was_silent` tells that the club did not say how it stands.
    """

    def __init__(self, booking: Booking, club: Club, conversation: Conversation, clock: Clock) -> None:
        self.was_silent = False
        self._booking = booking
        self._club = club
        self._conversation = conversation
        self._clock = clock
        self._club_member_id: int | None = None
        self._free: int | None = None

    @property
    def is_full(self) -> bool:
        """Whether the page that was seen last had no free place (any more)."""
        return self._free == 0

    async def take(self, credentials: Credentials, may_act: MayAct) -> Won | Lost | Missed:
        """Signs up if a place is free, and sees what came of it. Just before that, `may_act` is asked once more.

        Where the club holds a place for some steps, they are taken, or it is let go of. Raises Unanswered where a
        sign-up was sent and the club does not say of it, and whatever `may_act` raises.
        """
        try:
            page = await self._look_first(credentials)
            if page.verdict.kind is VerdictKind.FREE and self._club_member_id is not None:
                await may_act()
                await self._ask(page.way_in or Action.SIGN_UP)
                page = await self._look()
            return self._taken(await self._completed(page, may_act))
        except LoginRefused as error:
            self._refuse_doubt(Verdict(kind=VerdictKind.REFUSED))
            return lost(FailureReason.LOGIN_REFUSED, str(error))
        except BudgetSpent:
            return self._unsaid(_NO_ANSWER)
        except PageNotUnderstood as error:
            self._refuse_doubt(Verdict(kind=VerdictKind.UNKNOWN, fingerprint=error.fingerprint))
            # Only an answer to a login: it may be a refusal that we cannot read, so it is not tried again and again.
            return lost(FailureReason.PAGE_NOT_UNDERSTOOD, error.fingerprint)
        except Unanswered as error:
            return self._unsaid(error.verdict)
        finally:
            await let_go(self._conversation, self._ask)

    async def settle(self, credentials: Credentials, may_act: MayAct) -> Won | Lost | Missed:
        """Finds out whether the club has taken the member, and asks for no place.

        One that is held still, from a try that was never accounted for, is made theirs if `may_act` raises nothing.
        Raises Unanswered as long as the club's page does not tell, and whatever `may_act` raises.
        """
        try:
            return await self._settled(credentials, may_act)
        finally:
            await let_go(self._conversation, self._ask)

    async def _settled(self, credentials: Credentials, may_act: MayAct) -> Won | Lost | Missed:
        try:
            page = await self._completed(await self._look_first(credentials), may_act)
        except BudgetSpent:
            raise Unanswered(_NO_ANSWER) from None
        except LoginRefused as error:
            return lost(FailureReason.LOGIN_REFUSED, f"{error} It may have taken you before: look at its page.")
        except PageNotUnderstood as error:
            raise Unanswered(Verdict(kind=VerdictKind.UNKNOWN, fingerprint=error.fingerprint)) from None
        if page.verdict.kind in _SAYS_NOTHING:
            raise Unanswered(page.verdict)
        return self._taken(page)

    async def give_back(self, credentials: Credentials, may_act: MayAct) -> Gone | Lost:
        """Gives the member's place back, if the club's page shows one. Just before that, `may_act` is asked once more.

        Raises whatever `may_act` raises.
        """
        try:
            page = await self._look_first(credentials)
            if page.verdict.kind is VerdictKind.SIGNED_UP and page.way_out and self._club_member_id is not None:
                await may_act()
                await self._ask(page.way_out)
                page = await self._look()
            return self._given_back(page)
        except LoginRefused as error:
            return lost(FailureReason.LOGIN_REFUSED, str(error))
        except BudgetSpent:
            return lost(FailureReason.CLUB_UNREACHABLE)
        except PageNotUnderstood as error:
            return lost(FailureReason.PAGE_NOT_UNDERSTOOD, error.fingerprint)
        except Unanswered as error:
            return unsaid(error.verdict)
        finally:
            await let_go(self._conversation, self._ask)

    def outcome(self) -> Outcome:
        """What was said, in ms after the opening on our own clock: an errand does not measure the club's."""
        ours = ClubClock.assumed(self._clock.now(), self._clock.monotonic_s())
        return Outcome(timeline=self._conversation.timeline(self._booking.opening_at, ours))

    @property
    def _until_s(self) -> float:
        return self._clock.monotonic_s() + self._club.rules.race.prove_s

    async def _look_first(self, credentials: Credentials) -> SessionPage:
        logins = self._club.rules.race.logins
        self._access = Access(self._conversation, self._clock, credentials, lambda: False, logins)
        await self._access.log_in(self._until_s)
        return await self._look()

    async def _ask(self, action: Action) -> Answer:
        """A page that offers a place, or holds one, shows whose it would be."""
        return await self._conversation.act(action, self._booking.session, self._club_member_id or 0)

    async def _completed(self, page: SessionPage, may_act: MayAct) -> SessionPage:
        if page.verdict.kind is not VerdictKind.HELD:
            return page
        await may_act()
        return await completed(page, self._ask, self._look, self._clock)

    async def _look(self) -> SessionPage:
        page = await self._access.look(self._booking.session, self._until_s)
        self._club_member_id = page.club_member_id or self._club_member_id
        self._free = 0 if page.verdict.kind in _NO_PLACE else page.verdict.free
        return page

    def _taken(self, page: SessionPage) -> Won | Lost | Missed:
        match page.verdict.kind:
            case VerdictKind.SIGNED_UP:
                return Won(self._clock.now(), page.door_code)
            case VerdictKind.CANCELLED:
                return lost(FailureReason.SESSION_CANCELLED)
            case VerdictKind.NO_SESSION:
                return lost(FailureReason.NO_SESSION)
            case VerdictKind.HELD:
                return lost(FailureReason.NOT_COMPLETED)
            case VerdictKind.FULL | VerdictKind.FREE | VerdictKind.NOT_OPEN | VerdictKind.ON_LIST:
                return Missed()
            case VerdictKind.LOGGED_OUT if not self._conversation.may_have_won:
                return lost(FailureReason.LOGIN_REFUSED, "The club logged us out again at once.")
            case _:
                return self._unsaid(page.verdict)

    def _unsaid(self, verdict: Verdict) -> Missed:
        """Where a sign-up was sent, silence is no miss."""
        self.was_silent = True
        self._refuse_doubt(verdict)
        return Missed()

    def _refuse_doubt(self, verdict: Verdict) -> None:
        """Raises Unanswered where a sign-up was sent: what this answer means for it is for a later look to find out."""
        if self._conversation.may_have_won:
            raise Unanswered(verdict)

    def _given_back(self, page: SessionPage) -> Gone | Lost:
        match page.verdict.kind:
            case kind if kind in _NOT_IN:
                return Gone(self._clock.now())
            case VerdictKind.SIGNED_UP:
                return lost(FailureReason.STILL_SIGNED_UP)
            case VerdictKind.NO_SESSION:
                return lost(FailureReason.NO_SESSION)
            case _:
                return unsaid(page.verdict)
