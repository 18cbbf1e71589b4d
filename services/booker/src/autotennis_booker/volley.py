"""The shots at an opening: a burst over what is uncertain, then one at a time until something is decided."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from autotennis.domain.pace import Burst, Step, after_sign_up, tail_gaps_s
from autotennis.ports import Answer, Clock
from autotennis_booker.conversation import Conversation

# A shot whose answer takes longer than this is looked after instead of waited for: it may have been a yes.
_SLOW_S: Final = 1.0

Shoot = Callable[[], Awaitable[Answer]]


class Volley:
    """Shoots until an answer decides, the budget is spent or it is time to give up."""

    def __init__(self, clock: Clock, conversation: Conversation, burst: Burst, in_flight: int) -> None:
        self._clock = clock
        self._conversation = conversation
        self._burst = burst
        self._in_flight = in_flight
        self._gaps_s = tail_gaps_s()
        self._pending: set[asyncio.Task[None]] = set()
        self._decided: Step | None = None

    async def burst(self, shoot: Shoot) -> Step:
        """Fires the shots around the opening; gives the step that their answers ask for (`SHOOT`: none decided)."""
        for at_s in self._burst.at_s:
            await self._clock.sleep_until(at_s)
            while self._is_crowded:
                await asyncio.wait(self._unanswered(), return_when=asyncio.FIRST_COMPLETED)
            if self._decided or self._conversation.is_unwelcome or not self._conversation.may_shoot:
                break
            self._send(shoot)
        return await self._settled()

    async def follow_up(self, shoot: Shoot) -> Step:
        """Goes on with one shot at a time; `STOP` when there is no time, or no budget but for the last shots."""
        while self._clock.monotonic_s() < self._burst.until_s and self._conversation.may_shoot:
            if self._conversation.is_unwelcome:
                return Step.WAIT
            await self._clock.sleep_until(self._clock.monotonic_s() + next(self._gaps_s))
            if not self._is_crowded:
                self._send(shoot)
            if (step := await self._settled()) is not Step.SHOOT:
                return step
        return Step.STOP

    async def single(self, shoot: Shoot) -> None:
        """One shot; what came of it is for a look at the page to tell."""
        self._send(shoot)
        await self._settled()

    @property
    def until_s(self) -> float:
        """When to give up, as a reading of our monotonic clock."""
        return self._burst.until_s

    async def aclose(self) -> None:
        """Lets go of shots that were never answered."""
        for task in self._pending:
            task.cancel()
        await asyncio.gather(*self._pending, return_exceptions=True)

    def _send(self, shoot: Shoot) -> None:
        self._pending.add(asyncio.create_task(self._judged(shoot())))

    def _unanswered(self) -> "list[asyncio.Task[None]]":
        return [task for task in self._pending if not task.done()]

    @property
    def _is_crowded(self) -> bool:
        return len(self._unanswered()) >= self._in_flight

    async def _judged(self, asked: Awaitable[Answer]) -> None:
        answer = await asked
        # Certainly open only if even the latest possible opening had come when it was sent.
        step = after_sign_up(answer.verdict, opened=answer.sent_s >= self._burst.at_s[-1])
        if step is Step.PROVE or (step is not Step.SHOOT and self._decided is not Step.PROVE):
            self._decided = step

    async def _settled(self) -> Step:
        """The step decided by the shots so far, once they are answered or have become slow."""
        if self._pending:
            answered, self._pending = await asyncio.wait(self._pending, timeout=_SLOW_S)
            for task in answered:
                task.result()
        step = self._decided or (Step.LOOK if self._pending else Step.SHOOT)
        self._decided = None
        return step
