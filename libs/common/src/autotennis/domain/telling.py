"""What is told to whom, and when: pure rules."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from autotennis.domain.channel import Channel, Level, Telling
from autotennis.domain.member import Member
from autotennis.domain.message import Message, MessageAbout
from autotennis.domain.session import starts_at
from autotennis.domain.waiting import is_quiet
from autotennis.events import Booked, ChannelTestRequested, Event, Failed
from autotennis.values import FailureReason, QuietHours

# So many messages a day through one channel; what comes after those waits for the next day, and is told as one.
DAILY_CAP: Final = 40
# So many urgent ones an hour through one channel; what comes after those is urgent no more.
URGENT_CAP: Final = 10

_LEVELS: Final = {
    "PlaceOffered": Level.NEEDS_ME,
    "WithdrawalFailed": Level.NEEDS_ME,
    "SeriesInterrupted": Level.NEEDS_ME,
    "CheckFailed": Level.NEEDS_ME,
    "ClubPagesChanged": Level.NEEDS_ME,
    "ChannelTestRequested": Level.NEEDS_ME,
    "Booked": Level.RESULTS,
    "Failed": Level.RESULTS,
    "SessionFull": Level.RESULTS,
    "Withdrawn": Level.RESULTS,
    "BookingRequested": Level.EVERYTHING,
    "BookingCancelled": Level.EVERYTHING,
}
TOLD: Final = frozenset(_LEVELS)
# The member has minutes to answer.
_URGENT: Final = frozenset({"PlaceOffered", "CheckFailed", "ChannelTestRequested"})
# Without the member, the next booking fails as this one did.
_NEEDS_MEMBER: Final = frozenset({FailureReason.LOGIN_REFUSED, FailureReason.NO_CREDENTIALS})
_HOUR: Final = timedelta(hours=1)


def level_of(fact: Event) -> Level:
    """For which channels a fact is."""
    if isinstance(fact, Failed) and fact.failure.reason in _NEEDS_MEMBER:
        return Level.NEEDS_ME
    return _LEVELS[fact.kind]


def is_urgent(fact: Event) -> bool:
    """Whether a fact waits for nothing: not for others to be told with, and not for the morning."""
    return fact.kind in _URGENT


def messages_about(fact: Event, member: Member, zone: ZoneInfo, now: datetime) -> Sequence[Message]:
    """What each of the member's channels is to tell of a fact about them, at a club in this zone."""
    return [_message(fact, member, channel, zone, now) for channel in _channels(fact, member)]


def reminders_of(fact: Booked, member: Member, zone: ZoneInfo, now: datetime) -> Sequence[Message]:
    """What reminds the member of the session; nothing if they wish none, or if it is too late for one."""
    before = timedelta(minutes=member.telling.remind_before_min)
    at = starts_at(fact.session, zone) - before
    if not before or at <= now:
        return []
    channels = [one for one in member.channels if one.level.wants(Level.RESULTS) and one.is_told]
    return [_reminder(fact, member, channel, _considerate(member.telling, fact, zone, at)) for channel in channels]


def quiet_for(message: Message, telling: Telling, zone: ZoneInfo, now: datetime) -> datetime | None:
    """Until when a message that is due now has to wait because of the quiet hours; None if it may be told."""
    if message.urgent:
        return None
    at = _considerate(telling, message.fact, zone, now)
    return at if at > now else None


def _channels(fact: Event, member: Member) -> Sequence[Channel]:
    if isinstance(fact, ChannelTestRequested):
        # One that was given up may be tested: if it works, it is used again.
        return [one for one in member.channels if one.id == fact.channel_id]
    level = level_of(fact)
    return [one for one in member.channels if one.level.wants(level) and one.is_told]


def _message(fact: Event, member: Member, channel: Channel, zone: ZoneInfo, now: datetime) -> Message:
    urgent = is_urgent(fact)
    return Message(
        id=f"{fact.id}/{channel.id}",
        member_id=member.id,
        channel_id=channel.id,
        about=MessageAbout.TEST if isinstance(fact, ChannelTestRequested) else MessageAbout.FACT,
        fact=_brief(fact),
        urgent=urgent,
        made_at=now,
        due_at=now if urgent else _considerate(member.telling, fact, zone, now),
        changed_at=now,
    )


def _reminder(fact: Booked, member: Member, channel: Channel, at: datetime) -> Message:
    return Message(
        id=f"reminder/{fact.booking_id}/{channel.id}",
        member_id=member.id,
        channel_id=channel.id,
        about=MessageAbout.REMINDER,
        fact=_brief(fact),
        made_at=fact.at,
        due_at=at,
        changed_at=fact.at,
    )


def _brief(fact: Event) -> Event:
    """Without what nobody reads in a message: a race's requests and its clock."""
    left_out = {"timeline": (), "clock": None}
    return fact.model_copy(update={name: value for name, value in left_out.items() if name in type(fact).model_fields})


def _considerate(telling: Telling, fact: Event, zone: ZoneInfo, at: datetime) -> datetime:
    """At that instant, or at the end of the quiet hours that it is in, unless the session has begun by then."""
    over = quiet_until(telling.quiet, zone, at)
    if over is None:
        return at
    session = getattr(fact, "session", None)
    return at if session and starts_at(session, zone) <= over else over


def quiet_until(quiet: QuietHours | None, zone: ZoneInfo, at: datetime) -> datetime | None:
    """When the quiet hours end that this instant is in; None if it is in none."""
    local = at.astimezone(zone)
    if quiet is None or not is_quiet(quiet, local.hour):
        return None
    end = datetime.combine(local.date(), time(quiet.until_hour), zone)
    # Where the clocks have changed meanwhile, it is the hour on the wall that counts.
    later = end if end > local else datetime.combine(local.date() + timedelta(days=1), time(quiet.until_hour), zone)
    return later.astimezone(UTC)
