"""Everything that ever travelled is delivered again, three times, in any order and hours late: nothing comes of it.

The history has each kind of event in it, and each goes to all of its consumers again. A new kind fails the test until
something of its kind happens here.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from support.booking_desk import CLUB_ID, EAGER, PIN
from support.mailroom import MailServer, taking_mail
from support.town import RUN_UP, Town, town
from support.waiting import eventually

from autotennis.domain.booking import Booking, Change, State
from autotennis.domain.channel import Channel, ChannelKind, EmailAddress, Level
from autotennis.domain.member import Member
from autotennis.domain.series import Series
from autotennis.domain.session import next_week
from autotennis.events import (
    FACTS,
    KINDS,
    CanaryDue,
    ChannelTestRequested,
    CheckDue,
    CheckFailed,
    ClubPagesChanged,
    Event,
    SeriesDue,
    SeriesInterrupted,
    WithdrawalFailed,
)
from autotennis.flow import CONSUMERS
from autotennis.member_secrets import keep_channel_address
from autotennis.outbox import publish_outbox
from autotennis.values import Choice, Failure, FailureReason, PageKind, WaitingWish
from practice_club.session import Session as ClubSession
from practice_club.vocabulary import Action

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
OPEN = -3600.0
ORDER = 20261124
HOURS_LATE = timedelta(hours=5)
# Looking is free of consequences, and what a sweep or a watch is there for.
LOOKS = frozenset({Action.INDEX})
# So many are delivered side by side.
TOGETHER = 10


def a_member(at: Town, pin: str = PIN) -> Member:
    """A member who is told everything by e-mail."""
    member, _ = at.desk.member(pin=pin)
    channel = Channel(
        id=at.desk.ids.new(), kind=ChannelKind.EMAIL, label="e-mail", level=Level.EVERYTHING, since=at.clock.now()
    )
    address = EmailAddress(email=SecretStr("ola@example.org"))
    keep_channel_address(at.desk.ports.vault, member.id, channel.id, address)
    return at.desk.ports.store.change_member(member.id, lambda it: it.with_channel(channel))


def asked_for(at: Town, member: Member, session: ClubSession, waiting: WaitingWish = EAGER, **more: Any) -> Booking:
    """A booking that the pages have just told of."""
    booking = at.desk.wished(member, session, waiting, **more)
    publish_outbox(at.desk.ports, booking.id)
    return booking


def changed(at: Town, booking: Booking, change: Callable[[Booking], Change]) -> None:
    """What the pages do with a booking."""
    at.desk.ports.store.change(booking.id, change)
    publish_outbox(at.desk.ports, booking.id)


async def everything_happens(at: Town) -> None:
    """Each kind of event is published, most of them by whoever does so in earnest."""
    desk, bus = at.desk, at.desk.ports.bus
    member = a_member(at)
    await won_and_given_back(at, member)
    await waited_for(at, member)
    refused = await at.ended(asked_for(at, a_member(at, pin="0000"), desk.session(OPEN)).id)
    assert refused.state is State.FAILED
    dear, cheap = (asked_for(at, member, desk.session(OPEN), bond=Choice(id="bond-1", rank=rank)) for rank in range(2))
    await at.ended(dear.id)
    await at.ended(cheap.id)
    assert {at.booking(one.id).state for one in (dear, cheap)} == {State.BOOKED, State.CANCELLED}

    now = at.clock.now()
    series = Series(
        id="series-1",
        member_id=member.id,
        club_id=CLUB_ID,
        next=next_week(dear.session),
        plan_at=now,
        created_at=now,
        changed_at=now,
    )
    at.desk.ports.store.add_series(series)
    later = asked_for(at, member, desk.session(timedelta(days=2).total_seconds()))
    await at.settled()
    about, why = later.about(now), Failure(reason=FailureReason.SESSION_MOVED)
    # What the others would tell of in trouble only.
    rare: list[Event] = [
        SeriesDue(at=now, club_id=CLUB_ID, series_id=series.id),
        SeriesInterrupted(
            at=now, club_id=CLUB_ID, member_id=member.id, series_id=series.id, session=series.next, reason="gone"
        ),
        CheckDue(at=now, club_id=CLUB_ID, booking_ids=(later.id,)),
        CheckFailed(**about, failure=why),
        WithdrawalFailed(**about, failure=why),
        CanaryDue(at=now, club_id=CLUB_ID),
        ClubPagesChanged(at=now, club_id=CLUB_ID, page=PageKind.SESSION),
        ChannelTestRequested(at=now, member_id=member.id, channel_id=member.channels[0].id),
    ]
    for event in rare:
        bus.publish(event)
    await at.settled()


async def won_and_given_back(at: Town, member: Member) -> None:
    booking = asked_for(at, member, at.desk.session(timedelta(days=2).total_seconds()))
    await at.comes(booking.opening_at - RUN_UP)
    assert (await at.ended(booking.id)).state is State.BOOKED
    changed(at, booking, lambda it: it.withdrawal_asked(at.clock.now()))
    await eventually(lambda: at.booking(booking.id).state is State.WITHDRAWN, "it is given back")


async def waited_for(at: Town, member: Member) -> None:
    """One who takes what is freed, and one who is asked first."""
    sessions = [at.desk.session(OPEN, capacity=4, taken=4) for _ in range(2)]
    first = await at.ended(asked_for(at, member, sessions[0]).id)
    second = await at.ended(asked_for(at, member, sessions[1], WaitingWish(ask_min=15)).id)
    assert {first.state, second.state} == {State.WAITING}
    for session in sessions:
        at.desk.club.free(session)
    await at.later(timedelta(minutes=1))
    await at.settled()
    changed(at, second, lambda it: it.answered(at.clock.now(), wants_it=True))
    await at.settled()
    assert {at.booking(one.id).state for one in (first, second)} == {State.BOOKED}


def mailing(mails: MailServer) -> dict[str, object]:
    """Settings with which members are told by this server."""
    return {"smtp_url": SecretStr(f"smtp://127.0.0.1:{mails.port}"), "mail_from": "Autotennis <book@club.example>"}


_KEPT = {
    "bookings": "SELECT id, body FROM bookings",
    "series": "SELECT id, body FROM series",
    "messages to members": "SELECT id, died_at FROM member_messages",
    "outbox": "SELECT event_id, booking_id FROM outbox",
    "calendar": "SELECT event_id, at FROM wakes",
    "watches": "SELECT club_id, 1 FROM watches",
}


def picture(at: Town, mails: MailServer) -> dict[str, object]:
    """All that must not change by it: what is kept, what was told, what was asked of the club."""
    with at.desk.family.database.reading() as connection:
        kept = {name: dict(connection.execute(query).fetchall()) for name, query in _KEPT.items()}
        dead = connection.execute("SELECT count(*) FROM deliveries WHERE state = 'dead'").fetchone()
    asked = Counter(request.action for request in at.desk.club.record.requests if request.action not in LOOKS)
    facts = sorted(event.id for event in at.desk.told() if isinstance(event, FACTS))
    return {**kept, "dead letters": dead, "asked of the club": asked, "facts": facts, "mails": len(mails.mails)}


async def test_delivered_three_times_more_in_any_order_and_hours_late_nothing_comes_of_it(tmp_path: Path) -> None:
    async with taking_mail() as mails, town(tmp_path, NOON, **mailing(mails)) as at:
        await everything_happens(at)
        history = [event for _, event in at.desk.family.bus.events_since(0, 10_000)]
        assert {event.kind for event in history} == set(KINDS), "each kind has to happen here"
        await at.later(HOURS_LATE)
        await at.settled()
        before = picture(at, mails)
        assert mails.mails

        again = [(event, consumer) for event in history for consumer in CONSUMERS[event.kind]] * 3
        random.Random(ORDER).shuffle(again)  # noqa: S311 (repeatable on purpose)
        for first in range(0, len(again), TOGETHER):
            some = again[first : first + TOGETHER]
            statuses = await asyncio.gather(*(at.desk.push(event, at.urls[consumer]) for event, consumer in some))
            assert set(statuses) == {204}, list(zip(statuses, some, strict=True))
        # Who is told of a full session has the club watched for a minute, and sees then that nobody waits.
        await at.later(timedelta(minutes=1))
        await at.settled()
        after = picture(at, mails)
        assert {name: (was, after[name]) for name, was in before.items() if was != after[name]} == {}
