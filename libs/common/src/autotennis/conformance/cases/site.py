"""The site as a whole: its clock, its timetable, and whether each kind of page is understood."""

from datetime import timedelta
from typing import Final

from autotennis.conformance.desk import Desk
from autotennis.conformance.guest import Guest
from autotennis.conformance.outcome import Missing, promise
from autotennis.domain.club_health import IN_WORDS
from autotennis.ports import Answer

_MOST_OFF: Final = timedelta(days=1)
_TURN_S: Final = 1.1


async def clock(desk: Desk) -> str:
    """The site's answers tell its time, and it goes on."""
    guest = await desk.nobody()
    first = await _probed(guest, deep=False)
    await desk.order.clock.sleep_until(first.sent_s + _TURN_S)
    second = await _probed(guest, deep=False)
    if first.date and second.date:
        promise(
            second.date > first.date, "the Date of two answers more than a second apart is the same: is it a cache's?"
        )
    deep = await _probed(guest, deep=True)
    off = (deep.date or desk.order.clock.now()) - desk.order.clock.now()
    promise(abs(off) < _MOST_OFF, f"the club's clock is {off.total_seconds():.0f} s off ours: is its Date a cache's?")
    return f"Date headers, {off.total_seconds():+.0f} s from this machine's clock"


async def timetable(desk: Desk) -> str:
    """What is shown to everybody is read, and says the same as the sessions of the plan."""
    if not desk.club.traits.has_timetable:
        raise Missing("the kind declares that there is no timetable (`has_timetable`)")
    guest = await desk.nobody()
    entries = await guest.ask(lambda visit: visit.timetable())
    promise(bool(entries), "the timetable of this week is empty")
    places = await guest.ask(lambda visit: visit.free_places())
    promise(places.free <= places.shown, "free_places names free sessions that it does not show")
    links = desk.order.plan.links
    if links.free and (free := await desk.session("free")) in places.shown:
        promise(free in places.free, "the session `free` is shown without a free place")
    if links.full:
        promise(await desk.session("full") not in places.free, "the session `full` is shown with a free place")
    return f"{len(entries)} sessions in the timetable, {len(places.free)} free of {len(places.shown)} that are shown"


async def kinds_of_pages(desk: Desk) -> str:
    """Each kind of page is still as the parsers know it."""
    guest = await desk.nobody()
    looked = await guest.ask(lambda visit: visit.look_through(None))
    troubled = [f"{one.page}: {IN_WORDS[one.trouble]}" for one in looked.pages if one.trouble]
    promise(not troubled, "; ".join(troubled))
    promise(bool(looked.pages), "look_through read no page at all")
    return "understood: " + ", ".join(one.page for one in looked.pages)


async def _probed(guest: Guest, *, deep: bool) -> Answer:
    before = guest.visit.requests_sent
    answer = await guest.ask(lambda visit: visit.probe(deep=deep))
    what = "a deep probe" if deep else "a probe"
    promise(answer.status is not None, f"{what} is not answered")
    promise(answer.date is not None and not answer.second_hand, f"the answer to {what} has no Date of the club's own")
    promise(guest.visit.requests_sent == before + 1, f"{what} is to be one request, and counted as one")
    promise(answer.sent_s <= answer.received_s, f"the instants of {what} are the wrong way round")
    return answer
