"""What is told through which channels, and when."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from support.records import NOW, OPENING, SESSION, a_member, a_request

from autotennis.domain.channel import Channel, ChannelKind, ChannelTrouble, Health, Level, Telling
from autotennis.domain.member import Member
from autotennis.domain.message import RETRIES_MIN, Message, MessageAbout, MessageState
from autotennis.domain.session import starts_at
from autotennis.domain.telling import TOLD, is_urgent, level_of, messages_about, quiet_until, reminders_of
from autotennis.errors import Stale
from autotennis.events import (
    Booked,
    BookingCancelled,
    ChannelTestRequested,
    Event,
    Failed,
    PlaceOffered,
    SessionFull,
)
from autotennis.flow import CONSUMERS, Service
from autotennis.values import Failure, FailureReason, Proof, QuietHours, Session

OSLO = ZoneInfo("Europe/Oslo")
NIGHT = QuietHours(from_hour=22, until_hour=7)
START = starts_at(SESSION, OSLO)
BY_DEFAULT = Telling()
ABOUT = a_request()[0].about(NOW)
BOOKED = Booked(**ABOUT, proof=Proof(seen_at=OPENING))


def failed(reason: FailureReason) -> Failed:
    """It came to nothing because of that."""
    return Failed(**ABOUT, failure=Failure(reason=reason))


def a_channel(channel_id: str, level: Level, health: Health | None = None) -> Channel:
    """An e-mail channel for so much."""
    made = Channel(id=channel_id, kind=ChannelKind.EMAIL, label="e-mail", level=level, since=NOW)
    return made.with_health(health or Health())


def who_is_told(telling: Telling = BY_DEFAULT) -> Member:
    """A member with a channel of each level, and one that was given up."""
    given_up = Health().failed(ChannelTrouble.GONE, "", NOW).stopped(NOW)
    channels = [*(a_channel(level.value, level) for level in Level), a_channel("gone", Level.EVERYTHING, given_up)]
    return a_member().model_copy(update={"channels": tuple(channels), "telling": telling})


def told(fact: Event, telling: Telling = BY_DEFAULT, now: datetime = NOW) -> Sequence[Message]:
    """The messages that come of a fact."""
    return messages_about(fact, who_is_told(telling), OSLO, now)


@pytest.mark.parametrize(
    ("fact", "channels"),
    [
        (BOOKED, ["results", "everything"]),
        (SessionFull(**ABOUT), ["results", "everything"]),
        (failed(FailureReason.FULL), ["results", "everything"]),
        (failed(FailureReason.LOGIN_REFUSED), ["needs_me", "results", "everything"]),
        (failed(FailureReason.NO_CREDENTIALS), ["needs_me", "results", "everything"]),
        (BookingCancelled(**ABOUT), ["everything"]),
        (PlaceOffered(**ABOUT, until=NOW + timedelta(minutes=10)), ["needs_me", "results", "everything"]),
    ],
)
def test_each_channel_tells_what_it_is_for(fact: Event, channels: Sequence[str]) -> None:
    assert [one.channel_id for one in told(fact)] == channels


def test_every_kind_that_is_told_is_a_kind_of_event_and_reaches_the_notifier() -> None:
    kinds = {kind.__name__ for kind in get_args(Event)}
    assert TOLD <= kinds
    reaching = {kind for kind, consumers in CONSUMERS.items() if Service.NOTIFIER in consumers}
    assert reaching - {"SweepDue"} == TOLD


def test_only_what_cannot_wait_is_urgent() -> None:
    assert is_urgent(PlaceOffered(**ABOUT, until=NOW + timedelta(minutes=10)))
    assert not is_urgent(BOOKED)
    assert level_of(BOOKED) is Level.RESULTS


def test_the_same_fact_makes_the_same_messages() -> None:
    first, again = told(BOOKED), told(BOOKED, now=NOW + timedelta(hours=1))
    assert [one.id for one in first] == [one.id for one in again] == ["Booked/b-1/results", "Booked/b-1/everything"]


def test_a_test_reaches_its_channel_alone_even_one_that_was_given_up() -> None:
    (only,) = told(ChannelTestRequested(at=NOW, member_id="m-1", channel_id="gone"), Telling(quiet=NIGHT))
    assert (only.channel_id, only.about, only.urgent) == ("gone", MessageAbout.TEST, True)
    assert told(ChannelTestRequested(at=NOW, member_id="m-1", channel_id="other")) == []


# 2026-11-25 18:00 in Oslo is the session's start.
@pytest.mark.parametrize(
    ("local", "until"),
    [
        ("2026-11-24T21:59", None),
        ("2026-11-24T22:00", "2026-11-25T07:00"),
        ("2026-11-24T23:59", "2026-11-25T07:00"),
        ("2026-11-25T06:59", "2026-11-25T07:00"),
        ("2026-11-25T07:00", None),
        # The clocks go back at three, and forward at two.
        ("2026-10-24T23:00", "2026-10-25T07:00"),
        ("2027-03-27T23:00", "2027-03-28T07:00"),
    ],
)
def test_when_quiet_hours_end(local: str, until: str | None) -> None:
    at = datetime.fromisoformat(local).replace(tzinfo=OSLO)
    expected = datetime.fromisoformat(until).replace(tzinfo=OSLO).astimezone(UTC) if until else None
    assert quiet_until(NIGHT, OSLO, at.astimezone(UTC)) == expected
    assert quiet_until(None, OSLO, at) is None


def test_quiet_hours_within_a_day_end_on_that_day() -> None:
    noon = QuietHours(from_hour=12, until_hour=14)
    at = datetime(2026, 11, 25, 13, 30, tzinfo=OSLO)
    assert quiet_until(noon, OSLO, at) == datetime(2026, 11, 25, 14, tzinfo=OSLO).astimezone(UTC)


def test_over_a_change_of_the_clocks_the_hour_on_the_wall_counts() -> None:
    begun = datetime(2026, 10, 24, 22, tzinfo=OSLO)
    over = quiet_until(NIGHT, OSLO, begun)
    assert over
    assert over - begun.astimezone(UTC) == timedelta(hours=10)


def test_in_quiet_hours_what_can_wait_waits_and_what_cannot_does_not() -> None:
    night, quiet = datetime(2026, 11, 24, 23, tzinfo=OSLO), Telling(quiet=NIGHT)
    morning = datetime(2026, 11, 25, 7, tzinfo=OSLO)
    assert {one.due_at for one in told(BOOKED, quiet, night)} == {morning}
    offer = PlaceOffered(**ABOUT, until=night + timedelta(minutes=10))
    assert {one.due_at for one in told(offer, quiet, night)} == {night}


def test_what_is_about_a_session_before_the_quiet_hours_end_is_told_in_them() -> None:
    until_evening = Telling(quiet=QuietHours(from_hour=0, until_hour=20))
    noon = datetime(2026, 11, 25, 12, tzinfo=OSLO)
    assert {one.due_at for one in told(BOOKED, until_evening, noon)} == {noon}


def test_reminders_come_so_long_before_the_session() -> None:
    reminders = reminders_of(BOOKED, who_is_told(Telling(remind_before_min=90)), OSLO, NOW)
    assert [(one.channel_id, one.about) for one in reminders] == [
        ("results", MessageAbout.REMINDER),
        ("everything", MessageAbout.REMINDER),
    ]
    assert {one.due_at for one in reminders} == {START - timedelta(minutes=90)}
    assert [one.id for one in reminders] == ["reminder/b-1/results", "reminder/b-1/everything"]


def test_no_reminder_where_none_is_wished_or_where_it_is_too_late() -> None:
    assert reminders_of(BOOKED, who_is_told(Telling(remind_before_min=0)), OSLO, NOW) == []
    assert reminders_of(BOOKED, who_is_told(), OSLO, START - timedelta(minutes=119)) == []


def test_a_reminder_in_quiet_hours_waits_for_their_end_if_that_is_before_the_session() -> None:
    early = Session(timeid=194, start=datetime(2026, 11, 25, 8))
    quiet = Telling(quiet=NIGHT, remind_before_min=120)
    fact = BOOKED.model_copy(update={"session": early})
    (one, _) = reminders_of(fact, who_is_told(quiet), OSLO, NOW)
    assert one.due_at == datetime(2026, 11, 25, 7, tzinfo=OSLO)


def test_a_message_holds_no_races_timeline() -> None:
    assert all(getattr(one.fact, "timeline", ()) == () for one in told(BOOKED))


def test_a_message_is_tried_over_most_of_a_day_and_then_given_up() -> None:
    (message, _), now = told(BOOKED), NOW
    for minutes in RETRIES_MIN:
        message = message.failed(ChannelTrouble.BUSY, "status 503", now)
        assert message.due_at == now + timedelta(minutes=minutes)
        now = message.due_at
    assert now - NOW < timedelta(days=1)
    message = message.failed(ChannelTrouble.BUSY, "status 503", now)
    assert (message.state, message.tries) == (MessageState.DEAD, len(RETRIES_MIN) + 1)
    with pytest.raises(Stale):
        message.sent(now)
    again = message.again(now)
    assert (again.state, again.tries, again.due_at) == (MessageState.WAITING, 0, now)
    with pytest.raises(Stale):
        again.again(now)
