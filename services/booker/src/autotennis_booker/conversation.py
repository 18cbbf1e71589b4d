"""All that one race says to a club. Every answer tells of the club's clock, too."""

import asyncio
from collections.abc import Awaitable, Callable

from autotennis.domain.holds import SIGN_UPS
from autotennis.domain.pace import KEPT_SIGN_UPS, kept_for_proof
from autotennis.ports import Answer, Clock, PreparedRequest, Visit
from autotennis.values import Action, Session, Verdict
from autotennis.visiting.conversation import Allowance, Conversation
from autotennis_booker.memory import Opening


class RaceConversation(Conversation):
    """A conversation with sign-ups that are fired."""

    def __init__(self, visit: Visit, opening: Opening, clock: Clock, allowance: Allowance) -> None:
        rules = opening.club.rules.race
        super().__init__(visit, opening.gate, clock, allowance, rules.steps)
        self._kept_for_proof = kept_for_proof(rules)
        self._timekeeper = opening.timekeeper

    @property
    def shots_left(self) -> int:
        """How many sign-ups there is room for beside those kept for the end, and for the proof after them."""
        return max(0, self._shots_left() - KEPT_SIGN_UPS)

    @property
    def may_shoot(self) -> bool:
        """Whether there is room for another sign-up beside those kept for the end, and for the proof after it."""
        return self.shots_left > 0

    @property
    def may_shoot_last(self) -> bool:
        """Whether there is room for one of the sign-ups kept for the end."""
        return self._shots_left() > 0

    def _shots_left(self) -> int:
        budget = self._allowance.budget
        requests_left = budget.requests - self._visit.requests_sent - self._kept_for_proof
        return min(requests_left, budget.sign_ups - self._sign_ups)

    @property
    def has_room(self) -> bool:
        """Whether one more request of this process may be unanswered."""
        return self._gate.lets_pass

    def when_room(self, act: Callable[[], None]) -> None:
        """Calls `act` once there may be room: first come, first served."""
        self._gate.when_left(act)

    @property
    def last_said_to_a_shot(self) -> Verdict | None:
        """What the club said to the sign-up that was answered last; None if it was never asked."""
        shots = (answer.page.verdict for action, answer in reversed(self._said) if action in SIGN_UPS)
        return next(shots, None)

    async def arm(self) -> None:
        """Gets what a race may send, beforehand: at the opening there is no time for it."""
        await self._allowance.grow()

    async def afford(self) -> None:
        """Makes sure of one more request. Raises BudgetSpent."""
        await self._spend()

    @property
    def quickest_look_s(self) -> float | None:
        """How long the session's page took at best; None if it was never seen."""
        looks = (answer for action, answer in self._said if action is Action.LOOK and answer.status is not None)
        return min((answer.received_s - answer.sent_s for answer in looks), default=None)

    def prepared(self, way_in: Action, session: Session, club_member_id: int) -> "Shooter":
        """A sign-up made ready beforehand; a regular player's `way_in` is to confirm the own fixed place."""
        return Shooter(self, way_in, self._visit.prepared(way_in, session, club_member_id))

    def send(self, request: PreparedRequest) -> Awaitable[Answer]:
        """Sends a sign-up before it returns. Ask `may_shoot` and `has_room` first; the answer is for `listen`."""
        self._gate.enter()
        self._sent(Action.SIGN_UP)
        return request.send()

    def listen(self, way_in: Action, answer: Callable[[], Awaitable[Answer]]) -> "asyncio.Task[Answer]":
        """The answer to a sign-up that was sent.

        It is asked for only when the task runs: one that is cancelled before leaves nothing behind.
        """
        task = asyncio.create_task(self._fired(way_in, answer))
        task.add_done_callback(lambda _task: self._gate.leave())
        return task

    async def _fired(self, way_in: Action, answer: Callable[[], Awaitable[Answer]]) -> Answer:
        return self._heard(way_in, await answer())

    def _heard(self, action: Action, answer: Answer) -> Answer:
        self._timekeeper.heard(answer)
        return super()._heard(action, answer)


class Shooter:
    """Fires one member's sign-ups, all alike."""

    def __init__(self, conversation: RaceConversation, way_in: Action, request: PreparedRequest) -> None:
        self._conversation = conversation
        self._way_in = way_in
        self._request = request

    async def warm(self, connections: int) -> None:
        """Has that many connections open and idle."""
        await self._request.warm(connections)

    def send(self) -> Awaitable[Answer]:
        """Sends one before it returns; the answer is for `listen`."""
        return self._conversation.send(self._request)

    def listen(self, answer: Callable[[], Awaitable[Answer]]) -> "asyncio.Task[Answer]":
        """The answer to one that was sent."""
        return self._conversation.listen(self._way_in, answer)
