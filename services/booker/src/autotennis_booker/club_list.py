"""A club's own waiting list: a turn on it is asked for once, when a session was found full."""

import asyncio

import structlog

from autotennis.domain.booking import Booking
from autotennis.errors import Stale, StoreBusy
from autotennis.ports import Club, Ports
from autotennis.values import Action, FailureReason
from autotennis.visiting.conversation import BudgetSpent
from autotennis.visiting.endings import Lost
from autotennis_booker.endings import Ending
from autotennis_booker.held_back import Paused
from autotennis_booker.run import Run

_log = structlog.get_logger()


def is_for_list(ending: Ending, booking: Booking, club: Club) -> bool:
    """Whether a run that ended so has a turn on the club's own list to ask for."""
    is_full = isinstance(ending, Lost) and ending.failure.reason is FailureReason.FULL
    return is_full and club.traits.has_list and booking.wants_list


async def ask_for_turn(ports: Ports, booking: Booking, holder: str, run: Run) -> None:
    """Asks for it, where the page does not show the member on the list already.

    Whatever comes of it, the booking waits as any other. That it is asked for is kept before it is, so that it is asked
    for once at most: whoever dies in between leaves it unasked.
    """
    if run.is_on_list:
        return
    now = ports.clock.now()
    try:
        await run.afford()
        await asyncio.to_thread(ports.store.change, booking.id, lambda found: found.list_asked(holder, now))
        answer = await run.ask(Action.JOIN_LIST)
        _log.info("asked for a turn on the club's list", verdict=answer.verdict.kind.value)
    except (BudgetSpent, Paused, Stale, StoreBusy) as error:
        _log.warning("no turn on the club's list was asked for", reason=str(error))
