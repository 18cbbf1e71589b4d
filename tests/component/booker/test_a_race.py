"""A booking's race through the booker's HTTP door, against the practice club: the outcomes, the caps, the truth."""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from support.booking_desk import PIN, RACE, Desk, ShiftedClock, booking_desk, restarted_booker, sign_ups
from support.waiting import eventually

from autotennis.adapters.local.database import FILE_NAME
from autotennis.domain.booking import LATE_S, State
from autotennis.domain.member import Credentials
from autotennis.domain.pace import PROBES
from autotennis.events import Booked, Failed, SessionFull
from autotennis.member_secrets import keep_credentials
from autotennis.values import Action, FailureReason, VerdictKind, WaitingWish
from practice_club.knobs import Fault, FaultKind, Knobs, Rival
from practice_club.vocabulary import Action as ClubAction
from practice_club.vocabulary import Door, Kind

OFFSET_MS = 1370.0


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncGenerator[Desk]:
    """A club whose clock is off, as clubs' clocks are."""
    async with booking_desk(tmp_path, Knobs(clock_offset_ms=OFFSET_MS)) as desk:
        yield desk


async def test_booked_at_the_opening_and_proven(desk: Desk) -> None:
    member, at_club = desk.member("Bjørn-Kåre Sæbø")
    session = desk.session(opens_in_s=4)
    booking = await desk.raced(desk.booking(member, session))

    assert booking.state is State.BOOKED
    report = desk.report(session)
    assert report["members"] == [at_club.id]
    assert [change["member_id"] for change in report["accepted"]] == [at_club.id]
    # On a slow machine those of the first burst may all be on their way before the first answer is there.
    assert report["sign_ups"]["after_accepted"] < RACE.shots
    assert booking.proof
    assert booking.clock
    bound = timedelta(milliseconds=booking.clock.bound_ms)
    assert booking.opening_at - bound <= booking.proof.seen_at <= booking.opening_at + timedelta(seconds=5)
    looks = [attempt for attempt in booking.timeline if attempt.action is Action.LOOK]
    assert looks[-1].verdict.kind is VerdictKind.SIGNED_UP
    (booked,) = [event for event in desk.told() if isinstance(event, Booked)]
    assert booked.timeline == booking.timeline


@pytest.mark.parametrize("by", [timedelta(hours=-1), timedelta(seconds=-2), timedelta(seconds=2)])
async def test_our_clock_may_be_set_in_the_middle_of_a_race(desk: Desk, by: timedelta) -> None:
    """What is left of the race is timed by a clock that nobody sets; one that was set on is taken for having slept."""
    member, at_club = desk.member()
    session = desk.session(opens_in_s=4)
    booking = desk.booking(member, session)
    racing = asyncio.create_task(desk.raced(booking))
    await eventually(lambda: desk.asked("view"), "it has learned from its login")
    clock = desk.ports.clock
    assert isinstance(clock, ShiftedClock)
    clock.advance(by)
    ended = await racing
    assert ended.state is State.BOOKED
    report = desk.report(session)
    assert report["members"] == [at_club.id]
    assert [change["member_id"] for change in report["accepted"]] == [at_club.id]
    assert [event.booking_id for event in desk.told() if isinstance(event, Booked)] == [booking.id]


async def test_the_clubs_clock_is_measured_within_its_bound(desk: Desk) -> None:
    member, _ = desk.member()
    booking = await desk.raced(desk.booking(member, desk.session(opens_in_s=6)))
    assert booking.clock
    assert abs(booking.clock.offset_ms - OFFSET_MS) <= booking.clock.bound_ms + 1
    assert booking.clock.probes >= 4


async def test_no_sign_up_comes_earlier_than_the_plan_leaves_open(desk: Desk) -> None:
    member, _ = desk.member()
    session = desk.session(opens_in_s=4)
    booking = await desk.raced(desk.booking(member, session))
    assert booking.plan
    earliest_ms = min(desk.report(session)["sign_ups"]["arrived_ms"])
    assert earliest_ms > booking.plan.shots_ms[0] - booking.plan.uncertain_ms


async def test_the_door_code_reaches_the_vault_and_no_event(desk: Desk) -> None:
    member, _ = desk.member()
    booking = await desk.raced(desk.booking(member, desk.session(opens_in_s=1)))
    code = desk.ports.vault.get(member.id, f"door-code/{booking.id}")
    assert code
    assert code.get_secret_value() not in str([event.model_dump_json() for event in desk.told()])


@pytest.mark.parametrize("kind", [Kind.PADEL, Kind.DROP_IN])
async def test_other_kinds_of_sessions_are_proven_too(desk: Desk, kind: Kind) -> None:
    member, _ = desk.member()
    booking = await desk.raced(desk.booking(member, desk.session(opens_in_s=1, kind=kind)))
    assert booking.state is State.BOOKED


@pytest.mark.parametrize("door", list(Door))
async def test_whatever_the_door_says(desk: Desk, door: Door) -> None:
    member, _ = desk.member()
    assert (await desk.raced(desk.booking(member, desk.session(opens_in_s=1, door=door)))).state is State.BOOKED


async def test_a_new_hall_without_any_door_text_is_proven_by_the_link(desk: Desk) -> None:
    desk.club.turn(markerless_confirm=True)
    member, _ = desk.member()
    booking = await desk.raced(desk.booking(member, desk.session(opens_in_s=1)))
    assert booking.state is State.BOOKED
    assert desk.ports.vault.get(member.id, f"door-code/{booking.id}") is None


async def test_two_members_race_for_one_session_and_both_get_in(desk: Desk) -> None:
    session = desk.session(opens_in_s=3, capacity=4)
    members = [desk.member("Åse Ødegård"), desk.member("Sølvi Fjæreide")]
    bookings = [desk.booking(member, session) for member, _ in members]
    assert await desk.race(*bookings) == 204
    assert [desk.ports.store.booking(booking.id).state for booking in bookings] == [State.BOOKED] * 2
    assert set(desk.report(session)["members"]) == {at_club.id for _, at_club in members}
    for booking in bookings:
        clock = desk.ports.store.booking(booking.id).clock
        assert clock
        assert abs(clock.offset_ms - OFFSET_MS) <= clock.bound_ms + 1
    probes = [request for request in desk.club.report()["requests"] if request["method"] == "HEAD"]
    assert len(probes) <= PROBES, "one measurement serves both"


async def test_three_members_and_two_places(desk: Desk) -> None:
    session = desk.session(opens_in_s=2, capacity=2)
    bookings = [desk.booking(desk.member()[0], session) for _ in range(3)]
    assert await desk.race(*bookings) == 204
    ended = [desk.ports.store.booking(booking.id) for booking in bookings]
    assert sorted(booking.state for booking in ended) == [State.BOOKED, State.BOOKED, State.WAITING]
    assert desk.report(session)["overbooked"] is False


async def test_a_session_that_is_open_already_is_tried_at_once(desk: Desk) -> None:
    member, at_club = desk.member()
    session = desk.session(opens_in_s=-3600)
    booking = await desk.raced(desk.booking(member, session))
    assert booking.state is State.BOOKED
    assert desk.report(session)["members"] == [at_club.id]
    assert len(sign_ups(booking)) == 1
    assert booking.late_s == 0


async def test_woken_late_it_fires_at_once_and_says_so(desk: Desk) -> None:
    desk.club.turn(clock_offset_ms=0)
    member, _ = desk.member()
    scheduled = desk.booking(member, desk.session(opens_in_s=0.2))
    late = scheduled.opening_at + timedelta(seconds=LATE_S + 0.1)
    await eventually(lambda: desk.ports.clock.now() >= late, "it is late")
    booking = await desk.raced(scheduled)
    assert booking.state is State.BOOKED
    assert booking.late_s > 2


async def test_full_when_it_is_looked_at(desk: Desk) -> None:
    member, _ = desk.member()
    session = desk.session(opens_in_s=-3600, capacity=4, taken=4)
    booking = await desk.raced(desk.booking(member, session, WaitingWish(wanted=False)))
    assert booking.failure
    assert booking.failure.reason is FailureReason.FULL
    assert sign_ups(booking) == []


async def test_who_wishes_to_waits_for_a_full_session_until_it_starts(desk: Desk) -> None:
    member, _ = desk.member()
    booking = await desk.raced(desk.booking(member, desk.session(opens_in_s=-3600, capacity=4, taken=4)))
    assert booking.state is State.WAITING
    assert booking.wait
    assert booking.wait.until == booking.opening_at + timedelta(hours=72)
    (full,) = [event for event in desk.told() if isinstance(event, SessionFull)]
    assert full.booking_id == booking.id


async def test_full_at_the_opening(desk: Desk) -> None:
    desk.club.turn(rivals=(Rival(after_opening_ms=0, places=4),))
    member, _ = desk.member()
    session = desk.session(opens_in_s=2, capacity=4)
    booking = await desk.raced(desk.booking(member, session, WaitingWish(wanted=False)))
    assert booking.failure
    assert booking.failure.reason is FailureReason.FULL
    (failed,) = [event for event in desk.told() if isinstance(event, Failed)]
    assert failed.failure.reason is FailureReason.FULL


async def test_a_crash_after_the_yes_ends_in_booked_by_a_look(desk: Desk) -> None:
    member, at_club = desk.member()
    session = desk.session(opens_in_s=-3600)
    booking = desk.booking(member, session)
    now = desk.ports.clock.now()
    desk.ports.store.change(booking.id, lambda found: found.claimed("booker", desk.rules.race, now))
    desk.club.take(session, at_club.id)

    after = await desk.raced(booking)
    assert after.state is State.BOOKED
    assert after.runs == 2
    assert sign_ups(after) == []
    assert len([event for event in desk.told() if isinstance(event, Booked)]) == 1


async def test_a_yes_whose_answer_was_lost_is_looked_after_and_not_repeated(desk: Desk) -> None:
    desk.club.turn(faults=(Fault(kind=FaultKind.RESET, action=ClubAction.SIGN_UP, times=1, acts=True),))
    member, at_club = desk.member()
    session = desk.session(opens_in_s=-3600)
    booking = await desk.raced(desk.booking(member, session))
    assert booking.state is State.BOOKED
    assert len(sign_ups(booking)) == 1
    assert desk.report(session)["members"] == [at_club.id]


async def test_a_yes_that_the_club_then_loses_is_not_booked(desk: Desk) -> None:
    desk.club.turn(lose_accepted=100)
    member, _ = desk.member()
    session = desk.session(opens_in_s=-3600)
    booking = await desk.raced(desk.booking(member, session))
    assert booking.state is State.FAILED
    assert desk.report(session)["members"] == []


async def test_the_same_delivery_twice_at_once_is_one_race(desk: Desk) -> None:
    member, _ = desk.member()
    session = desk.session(opens_in_s=1)
    booking = desk.booking(member, session)
    assert await asyncio.gather(desk.race(booking), desk.race(booking)) == [204, 204]
    assert desk.asked("login") == 1
    assert await desk.race(booking) == 204
    assert desk.asked("login") == 1
    assert len([event for event in desk.told() if isinstance(event, Booked)]) == 1


async def test_another_instance_keeps_away_from_a_claimed_booking(desk: Desk) -> None:
    member, _ = desk.member()
    session = desk.session(opens_in_s=1.5)
    booking = desk.booking(member, session)
    racing = asyncio.create_task(desk.race(booking))
    await eventually(lambda: desk.ports.store.booking(booking.id).state is State.SIGNING_UP, "it is claimed")
    async with restarted_booker(desk.ports, "another") as url:
        assert await desk.race(booking, url=url) == 503
    assert await racing == 204
    assert desk.asked("login") == 1


async def test_a_cancelled_booking_is_left_alone(desk: Desk) -> None:
    member, _ = desk.member()
    booking = desk.booking(member, desk.session(opens_in_s=1))
    now = desk.ports.clock.now()
    desk.ports.store.change(booking.id, lambda found: found.cancelled(now))
    assert (await desk.raced(booking)).state is State.CANCELLED
    assert desk.asked("login") == 0


async def test_a_refused_login_is_sent_once(desk: Desk) -> None:
    member, _ = desk.member(pin="0000")
    booking = await desk.raced(desk.booking(member, desk.session(opens_in_s=1)))
    assert booking.failure
    assert booking.failure.reason is FailureReason.LOGIN_REFUSED
    assert desk.asked("login") == 1


async def test_a_refused_login_is_not_tried_for_the_next_booking_either(desk: Desk) -> None:
    member, at_club = desk.member(pin="0000")
    await desk.raced(desk.booking(member, desk.session(opens_in_s=-3600)))
    second = await desk.raced(desk.booking(member, desk.session(opens_in_s=-3600)))
    assert second.failure
    assert second.failure.reason is FailureReason.LOGIN_REFUSED
    assert desk.asked("login") == 1

    entered_anew = Credentials(email=member.email, password=SecretStr(PIN))
    keep_credentials(desk.ports.vault, member.id, desk.rules.id, entered_anew)
    session = desk.session(opens_in_s=-3600)
    assert (await desk.raced(desk.booking(member, session))).state is State.BOOKED
    assert desk.report(session)["members"] == [at_club.id]


async def test_without_a_password_nothing_is_asked_of_the_club(desk: Desk) -> None:
    member, _ = desk.member()
    desk.ports.vault.forget(member.id)
    booking = await desk.raced(desk.booking(member, desk.session(opens_in_s=1)))
    assert booking.failure
    assert booking.failure.reason is FailureReason.NO_CREDENTIALS
    assert desk.club.report()["totals"]["requests"] == 0


async def test_a_secret_that_cannot_be_opened_ends_the_booking_and_not_the_service(desk: Desk) -> None:
    member, _ = desk.member()
    booking = desk.booking(member, desk.session(opens_in_s=1))
    with closing(sqlite3.connect(desk.directory / FILE_NAME)) as database, database:
        database.execute("UPDATE secrets SET sealed = zeroblob(40) WHERE member_id = ?", (member.id,))
    ended = await desk.raced(booking)
    assert ended.failure
    assert ended.failure.reason is FailureReason.NO_CREDENTIALS


async def test_a_club_that_left_the_settings_ends_the_booking(desk: Desk) -> None:
    member, _ = desk.member()
    booking = desk.booking(member, desk.session(opens_in_s=1))
    async with restarted_booker(replace(desk.ports, clubs={})) as url:
        ended = await replace(desk, url=url).raced(booking)
    assert ended.failure
    assert ended.failure.reason is FailureReason.CLUB_GONE


async def test_a_regular_player_gets_in_by_confirming_the_own_place(desk: Desk) -> None:
    member, at_club = desk.member()
    session = desk.session(opens_in_s=-3600, regulars=(at_club.id,))
    booking = await desk.raced(desk.booking(member, session))
    assert booking.state is State.BOOKED
    assert desk.report(session)["members"] == [at_club.id]
    assert (desk.asked("confirm"), desk.asked("sign_up")) == (1, 0)


async def test_a_login_that_went_stale_before_the_opening_is_renewed_once(desk: Desk) -> None:
    member, at_club = desk.member()
    session = desk.session(opens_in_s=3)
    racing = asyncio.create_task(desk.raced(desk.booking(member, session)))
    await eventually(lambda: desk.asked("view"), "the page was read")
    desk.club.logins.expire(None)
    booking = await racing
    assert booking.state is State.BOOKED
    assert desk.report(session)["members"] == [at_club.id]
    assert desk.asked("login") == 2


async def test_an_id_that_was_wrong_is_put_right_by_the_clubs_page(desk: Desk) -> None:
    member, at_club = desk.member()
    other = desk.member()[1]
    desk.ports.store.change_member(
        member.id, lambda found: found.model_copy(update={"club_member_ids": {"practice": other.id}})
    )
    session = desk.session(opens_in_s=-3600)
    booking = await desk.raced(desk.booking(member, session))
    assert booking.state is State.BOOKED
    assert desk.report(session)["members"] == [at_club.id]
    assert desk.ports.store.member(member.id).club_member_ids == {"practice": at_club.id}


async def test_an_id_that_nobody_knows_is_found_on_another_sessions_page(desk: Desk) -> None:
    member, at_club = desk.member(known=False)
    desk.session(opens_in_s=-3600)
    session = desk.session(opens_in_s=2)
    booking = await desk.raced(desk.booking(member, session))
    assert booking.state is State.BOOKED
    assert desk.ports.store.member(member.id).club_member_ids == {"practice": at_club.id}


async def test_an_id_that_no_page_shows_is_found_at_the_opening(desk: Desk) -> None:
    member, at_club = desk.member(known=False)
    session = desk.session(opens_in_s=2)
    booking = await desk.raced(desk.booking(member, session))
    assert booking.state is State.BOOKED
    assert desk.report(session)["members"] == [at_club.id]


async def test_an_id_that_no_page_shows_is_looked_for_until_the_club_opens(desk: Desk) -> None:
    desk.club.turn(opening_late_s=1.0)
    member, at_club = desk.member(known=False)
    session = desk.session(opens_in_s=2)
    booking = await desk.raced(desk.booking(member, session))
    assert booking.state is State.BOOKED
    assert desk.report(session)["members"] == [at_club.id]


async def test_a_place_that_is_free_before_the_opening_is_taken(desk: Desk) -> None:
    regular, (member, at_club) = desk.member()[1], desk.member()
    session = desk.session(opens_in_s=20, regulars=(regular.id,), capacity=1)
    desk.club.decline(session, regular.id)
    booking = await desk.raced(desk.booking(member, session))
    assert booking.state is State.BOOKED
    assert desk.report(session)["members"] == [at_club.id]


async def test_who_loses_an_early_place_still_races_at_the_opening(desk: Desk) -> None:
    """The only early place is taken by somebody else between our look and our shot; at the opening there is one."""
    regular, (member, at_club) = desk.member()[1], desk.member()
    session = desk.session(opens_in_s=6, regulars=(regular.id, None), capacity=2)
    desk.club.decline(session, regular.id)
    desk.club.turn(latency_out_ms=400)
    racing = asyncio.create_task(desk.raced(desk.booking(member, session)))
    await eventually(lambda: desk.asked("view"), "the page was read")
    desk.club.take(session)
    desk.club.turn(latency_out_ms=0)
    booking = await racing
    assert booking.state is State.BOOKED
    assert at_club.id in desk.report(session)["members"]
    early = [attempt for attempt in sign_ups(booking) if attempt.sent_ms < -500]
    assert len(early) == 1


async def test_a_session_that_was_cancelled(desk: Desk) -> None:
    member, _ = desk.member()
    session = desk.session(opens_in_s=2)
    booking = desk.booking(member, session)
    desk.club.cancel(session)
    ended = await desk.raced(booking)
    assert ended.failure
    assert ended.failure.reason is FailureReason.SESSION_CANCELLED
    assert sign_ups(ended) == []


async def test_a_session_that_has_started(desk: Desk) -> None:
    member, _ = desk.member()
    desk.club.turn(clock_offset_ms=0)
    scheduled = desk.booking(member, desk.session(opens_in_s=-72 * 3600 + 0.2))
    started = scheduled.opening_at + timedelta(hours=72, seconds=1)
    await eventually(lambda: desk.ports.clock.now() >= started, "it has started")
    booking = await desk.raced(scheduled)
    assert booking.failure
    assert booking.failure.reason is FailureReason.SESSION_STARTED
    assert sign_ups(booking) == []
