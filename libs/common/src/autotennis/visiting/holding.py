"""A place that the club holds for a member: made theirs by the steps that are left, or let go of."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from autotennis.domain.pace import patience_s
from autotennis.ports import Answer, Clock, SessionPage
from autotennis.values import Action, VerdictKind
from autotennis.visiting.access import SAYS_NOTHING
from autotennis.visiting.conversation import Conversation

# The steps are begun so often, where the club does not say what became of them and holds the place still.
_TRIES: Final = 3
# Letting go is given so much time: a place that is held frees itself. Who is told to stop has less.
_RELEASE_S: Final = 3.0
_STOPPED_S: Final = 1.0
# Asks the club for this, for one member and one session.
Ask = Callable[[Action], Awaitable[Answer]]
_log = structlog.get_logger()


async def completed(
    page: SessionPage, ask: Ask, look: Callable[[], Awaitable[SessionPage]], clock: Clock
) -> SessionPage:
    """The page after the steps that make the held place on `page` the member's: each try is followed by a look.

    It shows a held place still where the club refuses the steps, or goes on saying nothing of them. Raises BudgetSpent
    and whatever `look` raises.
    """
    for tries in range(1, _TRIES + 1):
        if page.verdict.kind is not VerdictKind.HELD:
            break
        said = (await ask(Action.COMPLETE)).verdict
        if said.kind in SAYS_NOTHING:
            # What is under way still is given time.
            await clock.sleep_until(clock.monotonic_s() + patience_s(tries, said))
        page = await look()
        if said.kind is VerdictKind.REFUSED:
            break
    return page


async def let_go(conversation: Conversation, ask: Ask) -> None:
    """Lets go of a place that the club may hold for somebody who does not take it: others are waiting for it.

    It is tried once, and raises nothing: a place that is held frees itself after a while. That is what becomes of one
    whose visitor dies, too.
    """
    if not conversation.may_hold:
        return
    task = asyncio.current_task()
    within_s = _STOPPED_S if task and task.cancelling() else _RELEASE_S
    try:
        async with asyncio.timeout(within_s):
            said = (await ask(Action.RELEASE)).verdict
            _log.info("let go of a held place", verdict=said.kind.value)
    except Exception as error:  # noqa: BLE001 (whatever it is: it frees itself)
        _log.warning("a held place is left to free itself", reason=type(error).__name__)
