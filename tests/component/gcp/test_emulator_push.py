"""The push that Pub/Sub's emulator does by itself: the nearest to the real one's envelopes that a test can have.

It shows no token, and says neither which attempt it is nor what the ordering key was; a relay does the rest.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, closing
from dataclasses import replace

from support.consumers import Consumer, consuming, refusing
from support.gcp_bus import QUICK, a_place
from support.records import asked_for, to_race
from support.waiting import eventually, never

from autotennis.adapters.gcp.bus import GcpBus
from autotennis.adapters.gcp.documents import Documents
from autotennis.adapters.gcp.meter import Meter
from autotennis.adapters.gcp.refusals import GcpRefusals
from autotennis.adapters.gcp.setting_up import Push, set_up, tear_down
from autotennis.adapters.system import SystemClock
from autotennis.flow import Service


@asynccontextmanager
async def pushing_to(consumer: Consumer, service: Service) -> AsyncGenerator[GcpBus, None]:
    """A bus whose events the emulator itself pushes to this consumer."""
    place = a_place()
    await asyncio.to_thread(set_up, place, replace(QUICK, push=Push({service: consumer.url})))
    try:
        meter = Meter()
        refusals = GcpRefusals(Documents(place, meter), SystemClock())
        with closing(GcpBus(place, refusals, meter)) as bus:
            yield bus
    finally:
        # The emulator would go on pushing into the void.
        await asyncio.to_thread(tear_down, place)


async def test_its_envelope_is_read_and_204_acknowledges_it() -> None:
    async with consuming() as booker, pushing_to(booker, Service.BOOKER) as bus:
        await asyncio.to_thread(bus.publish, to_race())
        await eventually(lambda: booker.events, "it arrived")
        # What is not acknowledged comes again every second.
        await never(lambda: len(booker.events) > 1, "it came again", for_s=2.5)
    (envelope,) = booker.envelopes
    assert envelope.event() == to_race()
    assert envelope.message.message_id
    assert envelope.message.publish_time
    assert envelope.message.attributes == {"event_id": to_race().id, "kind": "RaceDue"}
    assert envelope.subscription.endswith("/autotennis-RaceDue-booker")


async def test_what_is_refused_it_pushes_again() -> None:
    async with consuming(refusing(2)) as timer, pushing_to(timer, Service.TIMER) as bus:
        await asyncio.to_thread(bus.publish, asked_for())
        await eventually(lambda: timer.times(asked_for()) == 3, "it came three times")
    assert timer.events == [asked_for()] * 3
