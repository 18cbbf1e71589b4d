"""What would keep a booking from its place is told days before, and mended on the page, in a town where days pass.

Everything runs: the web pages, the services, the dispatcher, the club, and a mail server that keeps what it is given.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import SecretStr
from support.booking_desk import CLUB_ID
from support.mailroom import MailServer, subjects, taking_mail, text_of
from support.town import Town, town
from support.waiting import eventually

from autotennis.canary import health_of
from autotennis.domain.booking import State
from autotennis.events import CheckFailed, ClubPagesChanged
from autotennis.values import FailureReason, PageKind
from practice_club.knobs import Rebuilt
from practice_club.people import Slot

NOVEMBER = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
CHECKED = {"checks_before_h": "24,4"}
TWO_DAYS_S = 48 * 3600.0
NEW_PIN = "8642"


async def passes(at: Town, until: datetime) -> None:
    """Time passes in steps that a sweep notices."""
    while at.clock.now() < until:
        await at.later(min(timedelta(minutes=20), until - at.clock.now()))
    await at.settled()


def mailing(server: MailServer) -> dict[str, object]:
    """Settings by which whoever registers is told by e-mail."""
    return {
        "smtp_url": f"smtp://127.0.0.1:{server.port}",
        "mail_from": "Autotennis <booking@club.example>",
        "private_receivers": True,
        "public_url": "https://book.example.org",
    }


async def test_a_wrong_password_is_told_a_day_before_mended_on_the_page_and_the_place_is_won(tmp_path: Path) -> None:
    async with (
        taking_mail() as server,
        town(tmp_path, NOVEMBER, **CHECKED, **mailing(server)) as at,
        at.reader() as (reader, at_club),
    ):
        session = at.desk.session(TWO_DAYS_S)
        booking_id = await reader.book(at.desk.club.link(session))
        # The member changes the PIN at the club, and does not think of us.
        changed = at_club.model_copy(update={"pin": SecretStr(NEW_PIN)})
        at.desk.club.model.members[at_club.id] = changed
        opening_at = at.booking(booking_id).opening_at
        await passes(at, opening_at - timedelta(hours=24))
        (told,) = at.told(CheckFailed)
        assert (told.booking_id, told.failure.reason) == (booking_id, FailureReason.LOGIN_REFUSED)
        assert told.at < opening_at - timedelta(hours=23, minutes=30)
        mails = server.mails_to(at_club.email)
        await eventually(mails, "the member was told")
        (mail,) = mails()
        assert "refused your e-mail and password" in text_of(mail)
        assert "https://book.example.org/settings" in text_of(mail)
        page = await reader.words(f"/bookings/{booking_id}")
        assert "the club refused your e-mail and password" in page
        assert "Enter the club password anew" in await reader.words("/")

        await reader.press("/settings", "club-password", club=CLUB_ID, club_password=NEW_PIN)
        await at.settled()
        checked = at.booking(booking_id).checked
        assert checked
        assert checked.failure is None, "it was checked at once"
        assert "✗" not in await reader.words(f"/bookings/{booking_id}")

        await passes(at, opening_at - timedelta(minutes=3))
        await at.comes(opening_at - timedelta(seconds=100))
        await at.settled()
        await at.comes(opening_at - timedelta(seconds=1.5))
        booking = await at.ended(booking_id)
        assert booking.state is State.BOOKED
        assert at_club.id in session.takers()
        assert len(at.told(CheckFailed)) == 1
        await at.later(timedelta(minutes=1))
        await eventually(lambda: len(mails()) == 2, "the member was told of the place, too")
        assert [subject for subject in subjects(mails()) if subject.startswith("Booked")]


async def test_a_moved_session_is_told_and_can_be_booked_at_its_new_time(tmp_path: Path) -> None:
    async with (
        taking_mail() as server,
        town(tmp_path, NOVEMBER, **CHECKED, **mailing(server)) as at,
        at.reader() as (reader, at_club),
    ):
        session = at.desk.session(TWO_DAYS_S)
        booking_id = await reader.book(at.desk.club.link(session))
        moved = (session.start - timedelta(hours=2)).replace(tzinfo=None)
        slot = Slot(timeid=session.slot.timeid, weekday=moved.weekday(), at=moved.time())
        at.desk.club.model.sessions.clear()
        at.desk.club.model.reuse_timeid(slot, moved.date())
        await passes(at, at.booking(booking_id).opening_at - timedelta(hours=24))
        (told,) = at.told(CheckFailed)
        assert told.failure.reason is FailureReason.SESSION_MOVED
        assert told.moved_to
        assert told.moved_to.start == moved
        mails = server.mails_to(at_club.email)
        await eventually(mails, "the member was told")
        (mail,) = mails()
        assert "moved" in text_of(mail)
        page = await reader.words(f"/bookings/{booking_id}")
        assert "the club moved the session to another time" in page
        assert "Book the new time" in page
        assert at.booking(booking_id).state is State.SCHEDULED


async def test_a_club_that_makes_its_pages_anew_is_noticed_within_a_day_and_members_are_warned(tmp_path: Path) -> None:
    async with (
        taking_mail() as server,
        town(tmp_path, NOVEMBER, canary=True, **mailing(server)) as at,
        at.reader() as (reader, at_club),
    ):
        session = at.desk.session(TWO_DAYS_S)
        booking_id = await reader.book(at.desk.club.link(session))
        await passes(at, at.clock.now() + timedelta(minutes=40))
        health = health_of(at.desk.ports, CLUB_ID)
        assert health
        assert health.changed == ()
        at.desk.club.turn(rebuilt={Rebuilt.SESSION})
        await passes(at, at.clock.now() + timedelta(hours=24))
        await eventually(lambda: at.told(ClubPagesChanged), "it is told")
        assert {one.page for one in at.told(ClubPagesChanged)} == {PageKind.SESSION, PageKind.SESSION_LOGGED_IN}
        # Whoever came first is the operator.
        await eventually(server.mails_to(at_club.email), "the operator was told")
        for path in ("/", f"/bookings/{booking_id}"):
            assert "have changed: we may not succeed there." in await reader.words(path)
