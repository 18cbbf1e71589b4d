"""What one member's deed, a look of an operator or a sweep costs does not grow with what is kept of others.

Counted are the steps of SQLite's own machine, which are the same on every machine. Compared are an installation and
one that keeps eight times as much.
"""

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from support.clock import ManualClock
from support.lessons import a_lesson
from support.records import OPENING, a_deed, a_member, a_message, a_request, an_invitation, an_opening, asked_for

from autotennis.adapters.local.bus import Outcome, Settlement
from autotennis.adapters.local.family import LocalFamily, open_local
from autotennis.events import Event, SweepDue, WatchDue
from autotennis.flow import Service
from autotennis.ports import Note
from bench.load.stock import CLUB, Stock, deliver_all, in_one_transaction, wishes

MEMBERS = 24
TIMES = 8
# Some more or less are where the rows happen to lie.
SLACK = 1.1

Deed = Callable[[LocalFamily], object]
CLOCK = ManualClock()
NOW = CLOCK.now()
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NOTE = Note(text="a note", until=NOW + DAY)

LEAVER = "m-leaver"
OF_LEAVER = asked_for().model_copy(update={"member_id": LEAVER})

# Whoever looks for freed places reads all who wait.
GROWS = "who waits at a club"
DEEDS: Mapping[str, Deed] = {
    "an account is added": lambda it: it.store.add_member(a_member("m-new")),
    "an account is not the first": lambda it: it.store.add_first_member(a_member("m-first")),
    "an account is read": lambda it: it.store.member("m-7"),
    "an account is found": lambda it: it.store.member_by_email("member.7@example.org"),
    "an account is changed": lambda it: it.store.change_member("m-7", lambda member: member),
    "operators": lambda it: it.store.operators(),
    "an invitation is added": lambda it: it.store.add_invitation(an_invitation()),
    "invitations": lambda it: it.store.invitations(),
    "a booking is added": lambda it: it.store.create(a_request("b-new")),
    "a booking is read": lambda it: it.store.booking("b-7-1"),
    "a booking is changed": lambda it: it.store.change("b-7-0", lambda booking: (booking, ())),
    "a member's bookings": lambda it: it.store.bookings_of("m-7"),
    "a booking's place in the line": lambda it: it.store.place_in_line(it.store.booking("b-10-2")),
    "missed openings": lambda it: it.store.missed(NOW, NOW),
    "what was never scheduled": lambda it: it.store.unscheduled(NOW),
    "what was never published": lambda it: it.store.unpublished(),
    "what is to be checked": lambda it: it.store.checks_due(NOW),
    "whether anything is open": lambda it: it.store.has_open(),
    "bound bookings": lambda it: it.store.bound("bond-1"),
    "a member's groups": lambda it: it.store.groups_of("m-7"),
    "a group is changed": lambda it: it.store.change_group("g-4", lambda group: group),
    "a member's series": lambda it: it.store.series_of("m-7"),
    "series to plan": lambda it: it.store.series_due(NOW),
    "a series is changed": lambda it: it.store.change_series("s-7", lambda series: series),
    "messages are added": lambda it: it.store.add_messages([a_message()]),
    "messages to be told": lambda it: it.store.messages_due(NOW),
    "messages of a channel": lambda it: it.store.messages_due(NOW, channel_id="c-7"),
    "a member's messages": lambda it: it.store.messages_of("m-7"),
    "messages that were given up": lambda it: it.store.dead_messages(),
    "a sign of life": lambda it: it.store.keep_alive("one", NOW),
    "something is counted": lambda it: it.store.tally("key", NOW, HOUR),
    "a count is forgotten": lambda it: it.store.forget_tally("sign-ins/m-7"),
    "a note is kept": lambda it: it.store.note_once("key", NOTE, NOW),
    "a note is read": lambda it: it.store.note("seen/m-7", NOW),
    "a lesson is kept": lambda it: it.store.teach(CLUB.id, a_lesson()),
    "a deed is written down": lambda it: it.store.write_down(a_deed()),
    "deeds": lambda it: it.store.deeds(NOW),
    "what opened lately": lambda it: it.store.opened(NOW - 30 * DAY, NOW, 20),
    "what opens soon": lambda it: it.store.openings(NOW, NOW + 30 * DAY, NOW, 20),
    "an event is published": lambda it: it.bus.publish(asked_for()),
    "a standing event is published": lambda it: it.bus.publish_unless_waiting(SweepDue(at=NOW)),
    "a standing event waits": lambda it: it.bus.publish_unless_waiting(SweepDue(at=NOW)),
    "a club is watched": lambda it: it.bus.publish_unless_waiting(WatchDue(at=NOW, club_id=CLUB.id)),
    "deliveries are leased and settled": lambda it: it.bus.settle(
        [Settlement(one.id, Outcome.ACKNOWLEDGED) for one in it.bus.lease(Service.TIMER, 60, 10)]
    ),
    "when something is due": lambda it: it.bus.next_at(Service.TIMER),
    "how much waits": lambda it: it.bus.queues(10),
    "what was given up": lambda it: it.bus.dead_letters(),
    "nothing is old enough to prune": lambda it: it.bus.prune(7 * DAY),
    "something is pruned": lambda it: it.bus.prune(-DAY, 10),
    "those who look on": lambda it: it.bus.events_since(it.bus.last_seq() - 1),
    "a wake-up is planned": lambda it: it.wake.wake(an_opening(), OPENING),
    "wake-ups are looked for": lambda it: (it.wake.fire_due(), it.wake.next_at(), it.wake.watched()),
    "a secret is read": lambda it: it.vault.get("m-7", f"club-login/{CLUB.id}"),
    "secrets of a member are forgotten": lambda it: it.vault.forget("m-11"),
}


def everybody(family: LocalFamily) -> object:
    """Who waits at the club."""
    return family.store.in_line(CLUB.id)


def stocked(directory: Path, members: int) -> None:
    """Members with all that is theirs, events that were delivered, and as many that wait."""
    with in_one_transaction(directory, CLOCK) as family:
        Stock(NOW, members, bookings_each=6).put_into(family)
        for one in wishes(members * 4, NOW):
            family.bus.publish(one)
        deliver_all(family.bus)
        for one in wishes(members * 4, NOW, first=members * 4):
            family.bus.publish(one)


@contextmanager
def counting(family: LocalFamily, *, while_others_wait: bool = False) -> Generator[Callable[[], int]]:
    """How many steps SQLite has taken since then, in this thread: all, or those that keep others from writing."""
    taken = 0

    def count() -> None:
        nonlocal taken
        taken += not while_others_wait or connection.in_transaction

    with family.database.reading() as connection:
        # Whatever is asked for next, in this thread, is asked by the connection that was given back last.
        connection.set_progress_handler(count, 1)
    yield lambda: taken
    with family.database.reading() as connection:
        connection.set_progress_handler(None, 1)


def steps(directory: Path) -> Mapping[str, int]:
    """What each deed takes in this installation."""
    found: dict[str, int] = {}
    with open_local(directory, CLOCK) as family:
        for name, deed in {GROWS: everybody, **DEEDS}.items():
            with counting(family) as taken:
                deed(family)
                found[name] = taken()
    return found


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, tuple[int, int]]:
    """Of each deed: the steps in an installation, and in one with so many times as much in it."""
    few, many = tmp_path_factory.mktemp("few"), tmp_path_factory.mktemp("many")
    stocked(few, MEMBERS)
    stocked(many, MEMBERS * TIMES)
    in_few, in_many = steps(few), steps(many)
    return {name: (in_few[name], in_many[name]) for name in in_few}


@pytest.mark.parametrize("deed", DEEDS)
def test_it_takes_no_more_steps_where_more_is_kept(compared: Mapping[str, tuple[int, int]], deed: str) -> None:
    few, many = compared[deed]
    assert 0 < many <= few * SLACK


def test_nobody_waits_longer_for_who_leaves_where_more_is_kept(tmp_path: Path) -> None:
    """All events of a week are looked through for the member: that must not be while a race wants to write."""
    waited: list[int] = []
    for members in (MEMBERS, MEMBERS * TIMES):
        stocked(tmp_path / str(members), members)
        with open_local(tmp_path / str(members), CLOCK) as family, counting(family, while_others_wait=True) as taken:
            # As many events name this one in both.
            family.bus.publish(OF_LEAVER)
            before = taken()
            family.store.forget_member(LEAVER, NOW)
            waited.append(taken() - before)
            assert OF_LEAVER not in told(family)
    few, many = waited
    assert 0 < many <= few * SLACK


def test_what_is_told_of_who_leaves_while_all_is_looked_through_goes_with_them(tmp_path: Path) -> None:
    stocked(tmp_path, MEMBERS)
    steps, published_at = 0, 200
    with open_local(tmp_path, CLOCK) as family, open_local(tmp_path, CLOCK) as another:

        def publish_meanwhile() -> None:
            nonlocal steps
            steps += 1
            if steps == published_at:
                assert not connection.in_transaction
                another.bus.publish(OF_LEAVER)
                assert OF_LEAVER in told(another)

        with family.database.reading() as connection:
            connection.set_progress_handler(publish_meanwhile, 1)
        family.store.forget_member(LEAVER, NOW)
        assert steps > published_at
        assert OF_LEAVER not in told(another)


def told(family: LocalFamily) -> list[Event]:
    """All events that are kept."""
    return [event for _, event in family.bus.events_since(0, 100_000)]


def test_what_grows_would_be_seen(compared: Mapping[str, tuple[int, int]]) -> None:
    few, many = compared[GROWS]
    assert many > 2 * few
