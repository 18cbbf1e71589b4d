"""Further rehearsals: what a member may want beside a place at the opening, each watched from the form to its proof."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from autotennis.domain.booking import State
from autotennis.ports import Store
from autotennis_local.choices import Scenario
from autotennis_local.patience import PATIENCE_S, comes_about
from autotennis_local.practice import PracticeDesk
from autotennis_local.rehearsal import ENDED, NAME, Watcher, settled
from autotennis_local.system import LocalSystem
from autotennis_local.visitor import Person, Visitor, visiting

# A session that opened an hour ago.
_OPEN: Final = -3600.0
_FRIENDS: Final = ("Ola Fjelltun", "Åse Brekke", "Jørn Haugdal")


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a scenario is played, and by whom."""

    system: LocalSystem
    desk: PracticeDesk
    store: Store
    watcher: Watcher
    who: Person
    opens_in_s: float


@dataclass(frozen=True, slots=True)
class Played:
    """How a scenario went: the state in which its booking ended, all that was seen, and the kinds of the events."""

    scenario: str
    is_proven: bool
    state: str
    requests_total: int
    seen: dict[str, Any] = field(default_factory=dict[str, Any])
    events: list[str] = field(default_factory=list[str])

    def as_json(self) -> dict[str, Any]:
        """As a JSON object, what was seen among the rest."""
        told = asdict(self)
        del told["is_proven"]
        return {**told.pop("seen"), **told}


async def played(scenario: Scenario, stage: Stage) -> Played:
    """Plays the scenario through the web pages. Raises NotOver, PageRefused."""
    await stage.desk.add_member(stage.who.email, NAME, stage.who.pin)
    async with visiting(stage.system.api_url) as visitor:
        await visitor.let_in(stage.who)
        return await _PLAYS[scenario](stage, visitor)


async def _waited(stage: Stage, visitor: Visitor) -> Played:
    """The session is full; the member waits; somebody gives a place back, and it is taken."""
    session = await stage.desk.add_session(_OPEN, capacity=4, taken=4)
    booking_id = await visitor.book(session.link)
    await settled(stage.store, booking_id, {State.WAITING, *ENDED}, PATIENCE_S)
    await stage.desk.clear_record()
    await comes_about(lambda: stage.desk.asked("index"), "the club was looked at")
    logins_in_vain = await stage.desk.asked("login")
    await stage.desk.free_place(session)
    booking = await settled(stage.store, booking_id, ENDED, PATIENCE_S)
    seen = {"logins_before_a_place_was_free": logins_in_vain, "looks": await stage.desk.asked("index")}
    report = await stage.desk.session_report(session)
    is_in = any(not change["by_rival"] for change in report["accepted"])
    is_proven = booking.state is State.BOOKED and is_in and not logins_in_vain
    return await _told(stage, Scenario.WAITLIST, booking.state, is_proven, seen)


async def _repeated(stage: Stage, visitor: Visitor) -> Played:
    """This week's opening falls due, and next week is planned; both by the same wish."""
    session = await stage.desk.add_session(stage.opens_in_s)
    await stage.desk.clear_record()
    booking_id = await visitor.book(session.link, weekly="1")
    booking = await settled(stage.store, booking_id, ENDED, stage.opens_in_s + PATIENCE_S)

    async def next_week() -> str:
        bookings = await asyncio.to_thread(stage.store.bookings_of, booking.member_id)
        later = (one for one in bookings if one.series_id == booking.series_id and one.id != booking_id)
        return next((one.id for one in later), "")

    planned_id = await comes_about(next_week, "next week was planned")
    planned = await settled(stage.store, planned_id, {State.SCHEDULED, *ENDED}, PATIENCE_S)
    apart = planned.session.start - booking.session.start
    seen = {"next_week": planned.state.value, "days_apart": apart.days}
    is_proven = booking.state is State.BOOKED and planned.state is State.SCHEDULED and apart.days == 7
    return await _told(stage, Scenario.SERIES, booking.state, is_proven, seen)


async def _cancelled(stage: Stage, visitor: Visitor) -> Played:
    """One booking is cancelled before its opening; another one is won, and its place is given back."""
    await stage.desk.clear_record()
    coming = await stage.desk.add_session(3600.0)
    cancelled_id = await visitor.book(coming.link)
    await visitor.cancel(cancelled_id)
    cancelled = await settled(stage.store, cancelled_id, {State.CANCELLED, *ENDED}, PATIENCE_S)
    session = await stage.desk.add_session(_OPEN)
    won_id = await visitor.book(session.link)
    won = await settled(stage.store, won_id, ENDED, PATIENCE_S)
    await visitor.withdraw(won_id)
    withdrawn = await settled(stage.store, won_id, {State.WITHDRAWN}, PATIENCE_S)
    report = await stage.desk.session_report(session)
    seen = {"won": won.state.value, "then": withdrawn.state.value, "places_left_to_the_member": len(report["members"])}
    is_proven = cancelled.state is State.CANCELLED and won.state is State.BOOKED and not report["members"]
    await stage.watcher.told_the_end("Withdrawn")
    return await _told(stage, Scenario.CANCEL, cancelled.state, is_proven, seen)


async def _together(stage: Stage, visitor: Visitor) -> Played:
    """Four friends want one session that has three places: one of them asks for all, each is signed up as themselves.

    Whose sign-up reaches the club last waits in the line.
    """
    invitation = await visitor.found_group("Tuesday doubles", NAME)
    for number, called in enumerate(_FRIENDS):
        friend = Person(f"friend-{number}@practice.example", stage.who.pin, stage.who.password)
        await stage.desk.add_member(friend.email, called, friend.pin)
        async with visiting(stage.system.api_url) as window:
            await window.let_in(friend)
            await window.join(invitation, called)
    session = await stage.desk.add_session(stage.opens_in_s, capacity=4, taken=1)
    await stage.desk.clear_record()
    everybody = list((await visitor.companions(session.link)).values())
    booking_id = await visitor.book(session.link, together=everybody)
    bond = (await asyncio.to_thread(stage.store.booking, booking_id)).bond
    mine = await asyncio.to_thread(stage.store.bound, bond.id) if bond else ()
    over = {State.WAITING, *ENDED}
    ended = [await settled(stage.store, one.id, over, stage.opens_in_s + PATIENCE_S) for one in mine]
    report = await stage.desk.session_report(session)
    places = sum(not change["by_rival"] for change in report["accepted"])
    seen = {"in_their_order": [one.state.value for one in ended], "places_they_got": places}
    states = sorted(one.state for one in ended)
    is_proven = states == [State.BOOKED] * 3 + [State.WAITING] and places == 3 and not report["overbooked"]
    return await _told(stage, Scenario.GROUP, State.BOOKED if is_proven else State.FAILED, is_proven, seen)


_PLAYS: Final[dict[Scenario, Callable[[Stage, Visitor], Awaitable[Played]]]] = {
    Scenario.WAITLIST: _waited,
    Scenario.SERIES: _repeated,
    Scenario.GROUP: _together,
    Scenario.CANCEL: _cancelled,
}


async def _told(stage: Stage, scenario: Scenario, state: State, is_proven: bool, seen: dict[str, Any]) -> Played:
    await stage.watcher.told_the_end()
    requests = await stage.desk.requests_total()
    return Played(scenario.value, is_proven, state.value, requests, seen, stage.watcher.kinds)
