"""Messages that nobody can use, at every service's door by the bus: each ends as a dead letter, in nobody's way."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from structlog.testing import capture_logs
from support.booking_desk import CLUB_ID
from support.records import a_request, booked, claimed, scheduled, to_race
from support.town import RUN_UP, Town, town

from autotennis import signals
from autotennis.domain.booking import State
from autotennis.events import BondSettled, CheckDue, Event, OfferAccepted, SeriesDue, WithdrawalRequested, dump
from autotennis.flow import CONSUMING, Service
from autotennis.outbox import publish_outbox
from autotennis.push import LARGEST_ENVELOPE_BYTES
from autotennis.values import utc_text

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
GOOD = json.loads(dump(to_race()))

# The bytes of a message, and what its dead letter says.
POISONS: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "400 The message is not JSON"),
    "not JSON": (b"{'kind': 'RaceDue'}", "400 The message is not JSON"),
    "cut": (dump(to_race())[:-20], "400 The message is not JSON"),
    "invalid UTF-8": (b'{"kind": "\xff\xfe"}', "400 The message is not JSON"),
    "deep": (b"[" * 100_000, "400 The message is not JSON"),
    "a number of many digits": (b"9" * 10_000, "400 The message is not JSON"),
    "a list": (b"[]", "400 The message is not an event"),
    "unknown kind": (json.dumps({**GOOD, "kind": "CourtFlooded"}).encode(), "400 The message is not an event"),
    "of the future": (json.dumps({**GOOD, "version": 2}).encode(), "400 The message is not an event: RaceDue.version"),
    "wrong field": (json.dumps({**GOOD, "opening_at": "soon"}).encode(), "400 The message is not an event"),
    "more fields": (json.dumps({**GOOD, "more": 1}).encode(), "400 The message is not an event: RaceDue.more"),
    "NUL": (json.dumps({**GOOD, "club_id": "a\0b"}).encode(), "400 The message is not an event: RaceDue.club_id"),
    "huge": (b'"' + b"x" * LARGEST_ENVELOPE_BYTES + b'"', "The message is too large to be delivered"),
}


def published(at: Town, data: bytes, consumer: Service, kind: str = "RaceDue") -> None:
    """Puts a message into the bus as no program of this version would."""
    with at.desk.family.database.writing() as connection:
        seq = connection.execute(
            "INSERT INTO messages (event_id, kind, data, published_at) VALUES (?, ?, ?, ?)",
            (f"poison-{consumer}", kind, data, utc_text(at.clock.now())),
        ).lastrowid
        connection.execute(
            "INSERT INTO deliveries (message, consumer, at) VALUES (?, ?, '1970-01-01T00:00:00.000000+00:00')",
            (seq, consumer),
        )


async def given_up(at: Town) -> None:
    """Time passes until nothing is tried any more."""
    for _ in range(8):
        await at.later(timedelta(minutes=1))
    await at.settled()


async def test_what_nobody_can_read_is_given_up_with_its_reason_and_what_is_behind_it_goes_on(tmp_path: Path) -> None:
    async with town(tmp_path, NOON) as at:
        for service in CONSUMING:
            for data, _ in POISONS.values():
                published(at, data, service)
        # Behind all of it, a wish, its race, and what is told of it.
        member, at_club = at.desk.member()
        session = at.desk.session(timedelta(days=2).total_seconds())
        booking = at.desk.wished(member, session)
        publish_outbox(at.desk.ports, booking.id)
        await at.settled()
        assert at.booking(booking.id).state is State.SCHEDULED
        await given_up(at)
        letters = at.desk.family.bus.dead_letters(limit=1000)
        for service in CONSUMING:
            reasons = [one.reason for one in letters if one.consumer == service]
            for name, (_, reason) in POISONS.items():
                assert any(one.startswith(reason) for one in reasons), (service, name, reasons)
            assert len(reasons) == len(POISONS), service
        await at.comes(at.booking(booking.id).opening_at - RUN_UP)
        await at.raced(at.booking(booking.id))
        assert at.booking(booking.id).state is State.BOOKED
        assert session.takers() == [at_club.id]


def strange(at: Town) -> list[Event]:
    """Events that are well formed, and about nothing that there is, or about somebody else's."""
    nobodys, _ = a_request("no-such-booking")
    for step in (scheduled, claimed, booked):
        nobodys, _ = step(nobodys)
    _, wish = a_request("no-such-booking")
    _, to_give_back = nobodys.withdrawal_asked(at.clock.now())
    now = at.clock.now()
    about: dict[str, Any] = {**nobodys.about(now), "club_id": CLUB_ID}
    return [
        *wish,
        *to_give_back,
        to_race("no-such-booking"),
        OfferAccepted(**about),
        BondSettled(**about, bond_id="no-such-bond"),
        CheckDue(at=now, club_id=CLUB_ID, booking_ids=("no-such-booking",)),
        SeriesDue(at=now, club_id=CLUB_ID, series_id="no-such-series"),
    ]


async def test_what_is_about_nothing_that_there_is_asks_the_club_for_nothing(tmp_path: Path) -> None:
    """Nor does an event that names another member's booking do anything but what that booking itself says."""
    # Each refusal is logged with all that led to it, and to print that takes longer than all else.
    with capture_logs() as logged:
        await nothing_is_asked(tmp_path)
    assert {line["log_level"] for line in logged if line["event"] == signals.EVENT_FAILED} == {"error"}


async def nothing_is_asked(directory: Path) -> None:
    async with town(directory, NOON) as at:
        member, _ = at.desk.member()
        booking = at.desk.wished(member, at.desk.session(timedelta(days=2).total_seconds()))
        publish_outbox(at.desk.ports, booking.id)
        await at.settled()
        about: dict[str, Any] = {**booking.about(at.clock.now()), "member_id": "somebody-else"}
        at.desk.club.record.clear()
        for event in (*strange(at), WithdrawalRequested(**about), OfferAccepted(**about)):
            at.desk.ports.bus.publish(event)
        await given_up(at)
        assert list(at.desk.club.record.requests) == []
        assert at.booking(booking.id).state is State.SCHEDULED
        for letter in at.desk.family.bus.dead_letters():
            assert letter.reason.startswith(("500 NotFound", "500 IllegalMove")), letter
