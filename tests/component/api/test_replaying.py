"""A delivery that was given up is delivered again by the button of the console: a booking goes on by it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from support.past_races import made_operator
from support.town import town
from support.waiting import eventually

from autotennis.domain.audit import DeedKind
from autotennis.domain.booking import State
from autotennis.flow import Service
from autotennis.outbox import publish_outbox

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
_ATTEMPTS = 5


async def test_a_replay_from_the_console_really_delivers(tmp_path: Path) -> None:
    async with town(tmp_path, NOW) as here, here.reader() as (reader, at_club):
        store, bus = here.desk.ports.store, here.desk.ports.bus
        operator = store.member_by_email(at_club.email)
        assert operator
        made_operator(here.desk.ports, operator)
        here.closed.add(Service.TIMER)
        booking = here.desk.wished(operator, here.desk.session(opens_in_s=3600 * 48))
        publish_outbox(here.desk.ports, booking.id)
        for _ in range(_ATTEMPTS):
            await here.later(timedelta(minutes=2))
        # The sweeps of that time may have been given up, too.
        (letter,) = [one for one in bus.dead_letters() if one.kind == "BookingRequested"]
        shown = await reader.words("/operator/dead-letters")
        assert f"{letter.kind} → timer" in shown
        assert letter.reason in shown

        here.closed.clear()
        await reader.press("/operator/dead-letters", "replay", id=letter.id)
        await eventually(lambda: here.booking(booking.id).state is State.SCHEDULED, "the timer plans it")
        assert letter.id not in [one.id for one in bus.dead_letters()]
        assert f"{letter.kind} → timer" not in await reader.words("/operator/dead-letters")
        kinds = [deed.kind for deed in store.deeds(here.clock.now() + timedelta(hours=1))]
        assert kinds == [DeedKind.REPLAYED]
