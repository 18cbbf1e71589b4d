"""What every Store promises."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from pydantic import HttpUrl
from support.families import Family
from support.records import (
    CLUB,
    NOTHING_SENT,
    NOW,
    OPENING,
    SESSION,
    a_member,
    a_request,
    booked,
    cancelled,
    claimed,
    failed,
    reopened,
    scheduled,
)

from autotennis.domain.booking import TRY_LASTS_S, Booking, Change, Outcome, State, Wish, requested
from autotennis.domain.club import ClubRules
from autotennis.domain.member import Member
from autotennis.errors import AutotennisError, DuplicateBooking, EmailTaken, IllegalMove, NotFound, Stale
from autotennis.events import Event
from autotennis.ports import PlaceInLine, Store, Tally
from autotennis.values import Failure, FailureReason, Session

Step = Callable[[Booking], Change]
CLAIM = claimed(scheduled(a_request()[0])[0])[0].claim
assert CLAIM is not None
AFTER_CLAIM = CLAIM.until
CLUB_RULES = ClubRules(id=CLUB, name="NTNUI Tennis", base_url=HttpUrl("https://club.example.org/"))
LATER_SESSION = Session(timeid=194, start=SESSION.start + timedelta(days=7))


def walk(store: Store, booking_id: str, *steps: Step) -> None:
    """Creates the booking of its own member and takes it through the steps."""
    store.create(a_request(booking_id, member_id=f"member-of-{booking_id}"))
    for step in steps:
        store.change(booking_id, step)


def ids(events: Sequence[Event]) -> list[str]:
    return [event.id for event in events]


def publish_all(store: Store) -> None:
    """Strikes off every fact, as if it had been published."""
    for fact in store.unpublished():
        store.strike_off(fact)


def full(booking: Booking, now: datetime = OPENING) -> Change:
    return booking.found_full(OPENING + timedelta(days=3), NOTHING_SENT, Outcome(), now)


def tried(booking: Booking) -> Change:
    return booking.tried("one", CLUB_RULES, OPENING)


def taken_over(booking: Booking) -> Change:
    """By another instance, once the first one's time is over."""
    return booking.tried("two", CLUB_RULES, OPENING + timedelta(seconds=TRY_LASTS_S))


def missed(booking: Booking) -> Change:
    return booking.missed("one", NOTHING_SENT, Outcome(), OPENING)


def in_the_line(
    booking_id: str, waits_s: float = 0, asked_s: float = 0, club_id: str = CLUB, session: Session = SESSION
) -> Booking:
    """A booking as it is while it waits: for so long since the opening, asked for so long before that."""
    wish = Wish(member_id=f"member-of-{booking_id}", club_id=club_id, session=session, opening_at=OPENING)
    booking, _ = requested(booking_id, wish, NOW - timedelta(seconds=asked_s))
    for step in (scheduled, claimed):
        booking, _ = step(booking)
    return full(booking, OPENING - timedelta(seconds=waits_s))[0]


def line(store: Store, limit: int = 10_000) -> list[str]:
    """Who waits at the club, by their bookings' ids."""
    return [booking.id for booking in store.in_line(CLUB, limit)]


def test_a_member_comes_back_as_it_was(family: Family) -> None:
    family.store.add_member(a_member())
    assert family.store.member("m-1") == a_member()


def test_an_unknown_member_is_not_found(family: Family) -> None:
    with pytest.raises(NotFound):
        family.store.member("m-1")
    with pytest.raises(NotFound):
        family.store.change_member("m-1", lambda member: member)
    assert family.store.member_by_email("ukjent@example.org") is None


@pytest.mark.parametrize("written", ["sølvi.fjæreide@example.org", "SØLVI.FJÆREIDE@EXAMPLE.ORG"])
def test_capitals_of_an_address_do_not_matter(family: Family, written: str) -> None:
    family.store.add_member(a_member())
    assert family.store.member_by_email(written) == a_member()
    with pytest.raises(EmailTaken):
        family.store.add_member(a_member("m-2", email=written))
    with pytest.raises(NotFound):
        family.store.member("m-2")


def test_the_error_about_a_taken_address_does_not_repeat_it(family: Family) -> None:
    family.store.add_member(a_member())
    with pytest.raises(EmailTaken) as raised:
        family.store.add_member(a_member("m-2"))
    assert "fjæreide" not in str(raised.value).casefold()


def test_a_changed_member_is_kept_and_found_by_the_new_address(family: Family) -> None:
    family.store.add_member(a_member())
    changed = family.store.change_member("m-1", lambda member: member.model_copy(update={"email": "ny@example.org"}))
    assert family.store.member_by_email("NY@example.org") == changed == family.store.member("m-1")
    assert family.store.member_by_email(a_member().email) is None


def test_a_member_cannot_change_to_somebody_elses_address(family: Family) -> None:
    family.store.add_member(a_member())
    family.store.add_member(a_member("m-2", email="eldbjørg@example.org"))
    with pytest.raises(EmailTaken):
        family.store.change_member("m-2", lambda member: member.model_copy(update={"email": a_member().email}))
    assert family.store.member("m-2").email == "eldbjørg@example.org"


def test_racing_changes_of_one_member_each_count(family: Family) -> None:
    family.store.add_member(a_member())

    def with_club(number: int) -> None:
        def add(member: Member) -> Member:
            return member.model_copy(update={"club_member_ids": {**member.club_member_ids, f"club-{number}": number}})

        family.store.change_member("m-1", add)

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(with_club, range(20)))
    assert family.store.member("m-1").club_member_ids == {f"club-{number}": number for number in range(20)}


def test_a_booking_and_its_fact_are_created_together(family: Family) -> None:
    booking, facts = a_request()
    family.store.create((booking, facts))
    assert family.store.booking("b-1") == booking
    assert family.store.unpublished("b-1") == list(facts)


def test_a_session_keeps_how_its_link_was_written(family: Family) -> None:
    family.store.create(a_request(session=Session(timeid=7, start=SESSION.start, padded=False)))
    assert not family.store.booking("b-1").session.padded


def test_an_unknown_booking_is_not_found(family: Family) -> None:
    with pytest.raises(NotFound):
        family.store.booking("b-1")
    with pytest.raises(NotFound):
        family.store.change("b-1", scheduled)


@pytest.mark.parametrize(
    "steps",
    [(), (scheduled,), (scheduled, claimed), (scheduled, claimed, booked)],
    ids=["requested", "scheduled", "signing up", "booked"],
)
def test_a_second_live_booking_of_a_session_is_refused(family: Family, steps: tuple[Step, ...]) -> None:
    family.store.create(a_request("b-1"))
    for step in steps:
        family.store.change("b-1", step)
    with pytest.raises(DuplicateBooking) as raised:
        family.store.create(a_request("b-2"))
    assert raised.value.booking_id == "b-1"
    assert family.store.unpublished("b-2") == []
    with pytest.raises(NotFound):
        family.store.booking("b-2")


@pytest.mark.parametrize("steps", [(cancelled,), (scheduled, claimed, failed)], ids=["cancelled", "failed"])
def test_a_session_can_be_booked_again_once_the_first_has_ended(family: Family, steps: tuple[Step, ...]) -> None:
    family.store.create(a_request("b-1"))
    for step in steps:
        family.store.change("b-1", step)
    family.store.create(a_request("b-2"))
    assert family.store.booking("b-2").state is State.REQUESTED


def test_an_id_is_taken_once_even_after_its_booking_has_ended(family: Family) -> None:
    family.store.create(a_request("b-1"))
    family.store.change("b-1", cancelled)
    with pytest.raises(DuplicateBooking):
        family.store.create(a_request("b-1"))
    assert family.store.booking("b-1").state is State.CANCELLED


def test_of_racing_duplicates_one_is_created(family: Family) -> None:
    def create(number: int) -> bool:
        try:
            family.store.create(a_request(f"b-{number}"))
        except DuplicateBooking:
            return False
        return True

    with ThreadPoolExecutor(20) as pool:
        assert sum(pool.map(create, range(20))) == 1
    assert len(family.store.bookings_of("m-1")) == len(family.store.unpublished()) == 1


def test_another_member_or_session_is_no_duplicate(family: Family) -> None:
    family.store.create(a_request("b-1"))
    family.store.create(a_request("b-2", member_id="m-2"))
    family.store.create(a_request("b-3", session=LATER_SESSION))
    assert len(family.store.unpublished()) == 3


def test_a_change_commits_the_booking_and_its_facts(family: Family) -> None:
    walk(family.store, "b-1", scheduled, claimed)
    changed = family.store.change("b-1", booked)
    assert family.store.booking("b-1") == changed
    assert changed.state is State.BOOKED
    assert ids(family.store.unpublished("b-1")) == ["BookingRequested/b-1", "Booked/b-1"]


@pytest.mark.parametrize("error", [Stale, IllegalMove, ZeroDivisionError])
def test_what_a_change_raises_comes_out_and_leaves_everything_as_it_was(family: Family, error: type[Exception]) -> None:
    walk(family.store, "b-1", scheduled)
    before, facts = family.store.booking("b-1"), family.store.unpublished()

    def refuse(_booking: Booking) -> Change:
        raise error("It cannot be.")

    with pytest.raises(error, match="It cannot be"):
        family.store.change("b-1", refuse)
    assert family.store.booking("b-1") == before
    assert family.store.unpublished() == facts
    # The store is not stuck afterwards.
    assert family.store.change("b-1", claimed).state is State.SIGNING_UP


def test_the_rules_own_refusals_come_out(family: Family) -> None:
    walk(family.store, "b-1", scheduled)
    with pytest.raises(Stale):
        family.store.change("b-1", scheduled)
    with pytest.raises(IllegalMove):
        family.store.change("b-1", booked)


def test_of_fifty_racing_changes_each_has_its_effect_once(family: Family) -> None:
    walk(family.store, "b-1", scheduled)

    def run_once(_number: int) -> None:
        # The same holder may claim again and again; each claim counts one run.
        family.store.change("b-1", claimed)

    with ThreadPoolExecutor(50) as pool:
        list(pool.map(run_once, range(50)))
    assert family.store.booking("b-1").runs == 50


def test_of_fifty_racing_bookeds_one_is_recorded(family: Family) -> None:
    walk(family.store, "b-1", scheduled, claimed)

    def report(_number: int) -> str:
        try:
            family.store.change("b-1", booked)
        except AutotennisError as error:
            return type(error).__name__
        return "recorded"

    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(report, range(50)))
    assert sorted(set(answers)) == ["Stale", "recorded"]
    assert answers.count("recorded") == 1
    assert ids(family.store.unpublished("b-1")).count("Booked/b-1") == 1


def test_a_members_bookings_come_latest_session_first(family: Family) -> None:
    family.store.create(a_request("b-1"))
    family.store.create(a_request("b-2", session=LATER_SESSION))
    family.store.create(a_request("b-3", member_id="m-2"))
    assert [booking.id for booking in family.store.bookings_of("m-1")] == ["b-2", "b-1"]
    assert [booking.id for booking in family.store.bookings_of("m-1", limit=1)] == ["b-2"]
    assert family.store.bookings_of("m-3") == []


@pytest.mark.parametrize(
    ("steps", "now", "is_due"),
    [
        ((), NOW, False),
        ((scheduled,), NOW, True),
        ((scheduled, claimed), NOW, False),
        ((scheduled, claimed), AFTER_CLAIM - timedelta(milliseconds=1), False),
        ((scheduled, claimed), AFTER_CLAIM, True),
        ((scheduled, claimed, booked), AFTER_CLAIM, False),
        ((scheduled, claimed, failed), AFTER_CLAIM, False),
        ((scheduled, cancelled), AFTER_CLAIM, False),
    ],
    ids=["requested", "scheduled", "claimed", "claim ends soon", "claim ended", "booked", "failed", "cancelled"],
)
def test_which_bookings_wait_for_a_booker(family: Family, steps: tuple[Step, ...], now: datetime, is_due: bool) -> None:
    walk(family.store, "b-1", *steps)
    assert family.store.due(CLUB, OPENING, now) == (["b-1"] if is_due else [])
    missed = family.store.missed(OPENING + timedelta(seconds=1), now)
    assert [one.opening_at for one in missed] == ([OPENING] if is_due else [])


def test_due_is_about_one_opening_of_one_club(family: Family) -> None:
    walk(family.store, "b-1", scheduled)
    assert family.store.due("other-club", OPENING, NOW) == []
    assert family.store.due(CLUB, OPENING + timedelta(seconds=1), NOW) == []


def test_first_come_is_first_due(family: Family) -> None:
    for number, minutes in enumerate((3, 1, 2)):
        asked_at = NOW - timedelta(minutes=minutes)
        family.store.create(a_request(f"b-{number}", member_id=f"m-{number}", now=asked_at))
        family.store.change(f"b-{number}", scheduled)
    assert family.store.due(CLUB, OPENING, NOW) == ["b-0", "b-2", "b-1"]
    assert family.store.due(CLUB, OPENING, NOW, limit=2) == ["b-0", "b-2"]


def test_a_booking_that_opens_later_moves_to_that_opening(family: Family) -> None:
    walk(family.store, "b-1", scheduled, claimed, reopened)
    assert family.store.due(CLUB, OPENING, AFTER_CLAIM) == []
    assert family.store.due(CLUB, OPENING + timedelta(hours=1), NOW) == ["b-1"]


def test_missed_openings_come_once_each_oldest_first(family: Family) -> None:
    for number, minutes in enumerate((5, 0, 5)):
        opening_at = OPENING + timedelta(minutes=minutes)
        family.store.create(a_request(f"b-{number}", member_id=f"m-{number}", opening_at=opening_at))
        family.store.change(f"b-{number}", scheduled)
    before = OPENING + timedelta(minutes=6)
    found = family.store.missed(before, NOW)
    assert [(one.club_id, one.opening_at, one.at) for one in found] == [
        (CLUB, OPENING, NOW),
        (CLUB, OPENING + timedelta(minutes=5), NOW),
    ]
    assert [one.opening_at for one in family.store.missed(before, NOW, limit=1)] == [OPENING]
    assert family.store.missed(OPENING, NOW) == []


def test_who_waited_longest_comes_first_and_who_asked_first_where_they_waited_as_long(family: Family) -> None:
    for booking in (
        in_the_line("b-0", waits_s=60, asked_s=9),
        in_the_line("b-1", waits_s=60.001),
        in_the_line("b-2", waits_s=60, asked_s=10),
        in_the_line("b-3", waits_s=3600),
    ):
        family.store.create((booking, ()))
    assert line(family.store) == ["b-3", "b-1", "b-2", "b-0"]
    assert line(family.store, limit=3) == ["b-3", "b-1", "b-2"]
    assert line(family.store, limit=0) == []


def test_who_waits_is_given_whole_and_for_one_club(family: Family) -> None:
    here, there = in_the_line("b-1"), in_the_line("b-2", club_id="another-club")
    for booking in (here, there):
        family.store.create((booking, ()))
    assert family.store.in_line(CLUB) == [here]
    assert family.store.in_line("another-club") == [there]
    assert family.store.in_line("no-such-club") == []


def test_a_place_in_line_is_counted_among_those_who_wait_for_the_same_session(family: Family) -> None:
    waiting = [
        in_the_line("b-0", waits_s=60, asked_s=9),
        in_the_line("b-1", waits_s=60.001),
        in_the_line("b-2", waits_s=60, asked_s=10),
        in_the_line("b-3", waits_s=3600, session=Session(timeid=195, start=SESSION.start)),
        in_the_line("b-4", waits_s=3600, session=LATER_SESSION),
        in_the_line("b-5", waits_s=3600, club_id="another-club"),
    ]
    for booking in waiting:
        family.store.create((booking, ()))
    early, _ = requested(
        "b-6", Wish(member_id="m-6", club_id=CLUB, session=SESSION, opening_at=OPENING, early=True), NOW
    )
    family.store.create((scheduled(early)[0], ()))
    assert "b-6" in line(family.store)
    alone = PlaceInLine(number=1, all=1)
    of_three = [PlaceInLine(number=number, all=3) for number in (3, 1, 2)]
    assert [family.store.place_in_line(one) for one in waiting] == [*of_three, alone, alone, alone]
    assert family.store.place_in_line(early) is None, "a place before the opening is nobody's turn"
    family.store.change("b-1", cancelled)
    assert family.store.place_in_line(waiting[0]) == PlaceInLine(number=2, all=2)
    assert family.store.place_in_line(waiting[1]) is None, "it does not wait any more"


@pytest.mark.parametrize(
    ("steps", "waits"),
    [
        ((), False),
        ((scheduled,), False),
        ((scheduled, claimed), False),
        ((scheduled, claimed, full), True),
        ((scheduled, claimed, full, tried), True),
        ((scheduled, claimed, full, tried, taken_over), True),
        ((scheduled, claimed, full, tried, missed), True),
        # A sign-up may be under way, so that the wish to cancel is only noted.
        ((scheduled, claimed, full, tried, cancelled), True),
        ((scheduled, claimed, full, tried, cancelled, missed), False),
        ((scheduled, claimed, full, tried, booked), False),
        ((scheduled, claimed, full, failed), False),
        ((scheduled, claimed, full, cancelled), False),
        ((scheduled, claimed, booked), False),
    ],
    ids=[
        "requested",
        "scheduled",
        "claimed",
        "full",
        "tried",
        "taken over",
        "missed",
        "to be cancelled",
        "called off",
        "booked",
        "failed",
        "cancelled",
        "booked at once",
    ],
)
def test_which_bookings_wait_for_a_freed_place(family: Family, steps: tuple[Step, ...], waits: bool) -> None:
    walk(family.store, "b-1", *steps)
    assert family.store.in_line(CLUB) == ([family.store.booking("b-1")] if waits else [])


def test_hundreds_may_wait_and_each_comes_once_in_turn(family: Family) -> None:
    """More than come with one answer of Firestore; many of them since the same instant."""
    bookings = [in_the_line(f"b-{number}", waits_s=number // 100, asked_s=number) for number in range(650)]

    def create(booking: Booking) -> None:
        family.store.create((booking, ()))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(create, bookings))
    expected = [f"b-{number}" for number in reversed(range(650))]
    assert line(family.store) == expected
    assert line(family.store, limit=301) == expected[:301]


def test_unscheduled_are_those_still_requested_oldest_first(family: Family) -> None:
    for number, minutes in enumerate((1, 3, 2, 0)):
        asked_at = NOW - timedelta(minutes=minutes)
        family.store.create(a_request(f"b-{number}", member_id=f"m-{number}", now=asked_at))
    family.store.change("b-2", scheduled)
    assert family.store.unscheduled(NOW) == ["b-1", "b-0"]
    assert family.store.unscheduled(NOW, limit=1) == ["b-1"]


def test_facts_are_unpublished_until_they_are_struck_off(family: Family) -> None:
    walk(family.store, "b-1", scheduled, claimed, booked)
    walk(family.store, "b-2")
    assert ids(family.store.unpublished()) == ["BookingRequested/b-1", "Booked/b-1", "BookingRequested/b-2"]
    assert ids(family.store.unpublished(limit=1)) == ["BookingRequested/b-1"]
    family.store.strike_off(family.store.unpublished("b-1")[0])
    assert ids(family.store.unpublished("b-1")) == ["Booked/b-1"]
    assert ids(family.store.unpublished("b-2")) == ["BookingRequested/b-2"]


def test_a_place_may_be_given_back_at_the_second_try_and_each_time_is_a_fact(family: Family) -> None:
    store, later = family.store, OPENING + timedelta(minutes=5)
    walk(store, "b-1", scheduled, claimed, booked)
    publish_all(store)
    store.change("b-1", lambda it: it.withdrawal_asked(OPENING))
    with pytest.raises(Stale):
        store.change("b-1", lambda it: it.withdrawal_asked(later))
    (first,) = store.unpublished("b-1")
    refused = Failure(reason=FailureReason.STILL_SIGNED_UP)
    store.change("b-1", lambda it: it.withdrawal_failed(refused, NOTHING_SENT, Outcome(), OPENING))
    store.change("b-1", lambda it: it.withdrawal_asked(later))
    facts = store.unpublished("b-1")
    assert [(fact.kind, fact.at) for fact in facts] == [
        ("WithdrawalRequested", OPENING),
        ("WithdrawalFailed", OPENING),
        ("WithdrawalRequested", later),
    ]
    store.strike_off(first)
    assert store.unpublished("b-1") == facts[1:]
    store.change("b-1", lambda it: it.withdrawn(later, NOTHING_SENT, Outcome(), later))
    publish_all(store)
    assert not store.has_open()
    store.create(a_request("b-2", member_id="member-of-b-1"))


def test_striking_off_again_is_harmless(family: Family) -> None:
    walk(family.store, "b-1")
    (fact,) = family.store.unpublished("b-1")
    family.store.strike_off(fact)
    family.store.strike_off(fact)
    assert family.store.unpublished() == []


@pytest.mark.parametrize(
    ("steps", "is_open"),
    [
        ((), True),
        ((scheduled,), True),
        ((scheduled, claimed), True),
        ((scheduled, claimed, reopened), True),
        ((scheduled, claimed, full), True),
        ((scheduled, claimed, booked), False),
        ((scheduled, claimed, failed), False),
        ((cancelled,), False),
    ],
    ids=["requested", "scheduled", "claimed", "reopened", "waiting", "booked", "failed", "cancelled"],
)
def test_which_bookings_a_sweep_is_needed_for(family: Family, steps: tuple[Step, ...], is_open: bool) -> None:
    walk(family.store, "b-1", *steps)
    publish_all(family.store)
    assert family.store.has_open() == is_open


def test_a_sweep_is_needed_while_a_fact_is_unpublished(family: Family) -> None:
    assert not family.store.has_open()
    walk(family.store, "b-1", cancelled)
    assert family.store.has_open()
    publish_all(family.store)
    assert not family.store.has_open()


def test_an_instance_lives_until_the_instant_that_it_named_last(family: Family) -> None:
    assert family.store.alive_until("one") is None
    family.store.keep_alive("one", NOW + timedelta(seconds=30, microseconds=1))
    assert family.store.alive_until("one") == NOW + timedelta(seconds=30, microseconds=1)
    assert family.store.alive_until("two") is None
    family.store.keep_alive("two", NOW + timedelta(minutes=5))
    family.store.keep_alive("one", NOW + timedelta(seconds=60))
    assert family.store.alive_until("one") == NOW + timedelta(seconds=60)
    # It may take it back: an instance that ends well says so.
    family.store.keep_alive("one", NOW)
    assert family.store.alive_until("one") == NOW


def test_what_is_committed_is_seen_by_another_process(family: Family) -> None:
    walk(family.store, "b-1", scheduled)
    with family.reopened() as other:
        assert other.store.change("b-1", claimed).state is State.SIGNING_UP
    assert family.store.booking("b-1").state is State.SIGNING_UP


def knocks(store: Store, who: str, now: datetime = NOW) -> int:
    """How often that one has knocked within the hour, this time included."""
    return store.tally(f"knocks/{who}", now, timedelta(hours=1)).count


def test_racing_tallies_each_count_and_each_key_for_itself(family: Family) -> None:
    def knock(_number: int) -> int:
        return knocks(family.store, "åse")

    with ThreadPoolExecutor(10) as pool:
        assert sorted(pool.map(knock, range(10))) == list(range(1, 11))
    assert knocks(family.store, "geir") == 1


def test_a_tally_lasts_from_the_first_one_on_and_then_begins_anew(family: Family) -> None:
    first = family.store.tally("knocks/åse", NOW, timedelta(hours=1))
    assert first.until == NOW + timedelta(hours=1)
    later = family.store.tally("knocks/åse", NOW + timedelta(minutes=59), timedelta(hours=1))
    assert (later.count, later.until) == (2, first.until)
    assert knocks(family.store, "åse", first.until) == 1


def test_a_tally_that_is_forgotten_begins_again(family: Family) -> None:
    for _ in range(3):
        knocks(family.store, "åse")
    family.store.forget_tally("knocks/åse")
    family.store.forget_tally("knocks/nobody")
    assert knocks(family.store, "åse") == 1


def test_a_count_does_not_outlast_a_clock_that_steps_back(family: Family) -> None:
    lasts = timedelta(minutes=1)
    assert family.store.tally("look", NOW, lasts).count == 1
    assert family.store.tally("look", NOW, lasts).count == 2
    stepped_back = NOW - timedelta(hours=1)
    assert family.store.tally("look", stepped_back, lasts) == Tally(count=3, until=stepped_back + lasts)
    assert family.store.tally("look", stepped_back + lasts, lasts).count == 1


def test_who_counts_by_a_clock_that_is_a_little_behind_does_not_begin_anew(family: Family) -> None:
    """As two do at the same time: each reads the clock first, and counts then."""
    assert knocks(family.store, "åse", NOW) == 1
    assert knocks(family.store, "åse", NOW - timedelta(milliseconds=3)) == 2
    assert knocks(family.store, "åse", NOW) == 3
