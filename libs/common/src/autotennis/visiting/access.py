"""How somebody who acts for a member gets to the pages that need a login, and how patient they are about it."""

from collections.abc import Awaitable, Callable
from typing import Final

from autotennis.domain.member import Credentials
from autotennis.domain.pace import patience_s
from autotennis.errors import PageNotUnderstood
from autotennis.ports import Answer, Clock, SessionPage
from autotennis.values import Session, VerdictKind
from autotennis.visiting.conversation import Conversation
from autotennis.visiting.endings import Unanswered

# A login that expired is renewed once in one visit, and no more: a club that throws us out again means it.
_LOGINS: Final = 2
# How long an unclear answer to a login is left alone before the one other try.
_UNCLEAR_LOGIN_S: Final = 4.0
# Nothing can be said of the session by an answer of these kinds; asking again may help.
SAYS_NOTHING: Final = frozenset({VerdictKind.BUSY, VerdictKind.NO_ANSWER, VerdictKind.UNTRUSTED, VerdictKind.UNKNOWN})


class Access:
    """One member's way to the session's page: logs in, renews a login that was lost, and asks again if need be."""

    def __init__(
        self,
        conversation: Conversation,
        clock: Clock,
        credentials: Credentials,
        may_have_a_place: Callable[[], bool],
        logins: int,
    ) -> None:
        self._conversation = conversation
        self._clock = clock
        self._credentials = credentials
        self._may_have_a_place = may_have_a_place
        self._most_logins = logins
        self._logins = 0

    async def log_in(self, until_s: float) -> None:
        """Raises LoginRefused, PageNotUnderstood, and Unanswered if the club does not answer in time."""
        self._logins += 1
        try:
            answer = await self._insist(lambda: self._conversation.log_in(self._credentials), until_s)
        except PageNotUnderstood:
            # Perhaps a page of maintenance; once more, and not again, because it may be a refusal that we cannot read.
            if self._most_logins == 1:
                raise
            await self._clock.sleep_until(self._clock.monotonic_s() + _UNCLEAR_LOGIN_S)
            answer = await self._insist(lambda: self._conversation.log_in(self._credentials), until_s)
        if answer.verdict.kind is not VerdictKind.LOGGED_IN:
            raise Unanswered(answer.verdict)

    async def look(self, session: Session, until_s: float) -> SessionPage:
        """The session's page, read while logged in."""
        answer = await self._insist(lambda: self._conversation.look(session), until_s)
        if answer.verdict.kind is VerdictKind.LOGGED_OUT and self.may_log_in:
            await self.log_in(until_s)
            answer = await self._insist(lambda: self._conversation.look(session), until_s)
        return answer.page

    @property
    def may_log_in(self) -> bool:
        """A login that expired is renewed once, and once more where only a look can tell whether we are in.

        That is as far as the club allows so many.
        """
        most = self._most_logins if self._may_have_a_place() else min(_LOGINS, self._most_logins)
        return self._logins < most

    async def _insist(self, ask: Callable[[], Awaitable[Answer]], until_s: float) -> Answer:
        """Asks until the answer says something, ever more patiently, but not beyond `until_s`."""
        tries = 0
        while True:
            answer = await ask()
            tries += 1
            next_s = self._clock.monotonic_s() + patience_s(tries, answer.verdict)
            if answer.verdict.kind not in SAYS_NOTHING or next_s > until_s:
                return answer
            await self._clock.sleep_until(next_s)
