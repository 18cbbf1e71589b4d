"""A check that complains, in a browser: readable for everybody, and the way to mend it is there."""

import re
from collections.abc import Generator
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from support.api_site import CLUB_ID, ClubBeside
from support.browsing import DESK, Look, Program, is_for_everybody, paste, sign_in
from support.past_races import made_operator

from autotennis.canary import keep_health
from autotennis.domain.checks import CheckRules, Finding
from autotennis.domain.club_health import ClubHealth, LookedThrough, PageRead, PageTrouble
from autotennis.values import Failure, FailureReason, PageKind
from practice_club.orders import NewSession

BOOKING = re.compile(r"/bookings/[0-9a-f]+$")
SMALL_DARK = Look(width=320, height=640, dark=True)


def _complained(program: Program, booking_id: str, reason: FailureReason, *, moved: bool = False) -> None:
    """A check has found that."""
    store, now = program.ports.store, program.ports.clock.now()
    session = store.booking(booking_id).session
    later = session.model_copy(update={"start": session.start + timedelta(hours=2)}) if moved else None
    found = Finding(failure=Failure(reason=reason), moved_to=later)
    if store.booking(booking_id).check_at is None:
        store.change(booking_id, lambda it: it.wake_planned(now, CheckRules(hours_before=(2.0,))))
    store.change(booking_id, lambda it: it.was_checked(found, now))


def _reads_norwegian(program: Program, email: str) -> None:
    account = program.ports.store.member_by_email(email)
    assert account is not None
    program.ports.store.change_member(account.id, lambda it: it.model_copy(update={"language": "nb"}))


@pytest.fixture
def changed_pages(program: Program) -> Generator[None, None, None]:
    """No page of the club is understood, until the test is over."""
    now = program.ports.clock.now()
    looked = LookedThrough(
        pages=tuple(
            PageRead(page=kind, fingerprint="0123456789abcdef", trouble=trouble)
            for kind, trouble in zip(PageKind, PageTrouble, strict=False)
        )
    )
    healthy = ClubHealth(club_id=CLUB_ID, read_at=now)
    keep_health(program.ports, healthy.after(looked, now)[0])
    yield
    keep_health(program.ports, healthy)


@pytest.mark.parametrize("look", [DESK, SMALL_DARK], indirect=True, ids=["desk", "small, dark, Norwegian"])
def test_what_a_check_found_is_for_everybody_and_leads_to_where_it_is_mended(
    page: Page, program: Program, club: ClubBeside, registered: str, look: Look
) -> None:
    _, link = club.add_session(NewSession(opens_in_s=86_400))
    sign_in(page, registered)
    paste(page, link)
    page.locator("form[action='/bookings'] button[type=submit]").first.click()
    page.wait_for_url(BOOKING)
    booking_id = page.url.rsplit("/", 1)[1]
    if look.dark:
        _reads_norwegian(program, registered)
    _complained(program, booking_id, FailureReason.SESSION_MOVED, moved=True)
    for path in (f"/bookings/{booking_id}", "/"):
        page.goto(path)
        expect(page.locator(f"#check-{booking_id}-moved")).to_be_visible()
        is_for_everybody(page, f"a moved session, {path}")
    _complained(program, booking_id, FailureReason.LOGIN_REFUSED)
    for path in (f"/bookings/{booking_id}", "/"):
        page.goto(path)
        is_for_everybody(page, f"a refused login, {path}")
    page.locator(f"#check-{booking_id}-password").click()
    page.wait_for_url("**/settings#club-password")


@pytest.mark.usefixtures("changed_pages")
@pytest.mark.parametrize("look", [SMALL_DARK], indirect=True, ids=["small, dark, Norwegian"])
def test_changed_pages_on_the_console_are_for_everybody(page: Page, program: Program, registered: str) -> None:
    account = program.ports.store.member_by_email(registered)
    assert account is not None
    made_operator(program.ports, account)
    sign_in(page, registered)
    _reads_norwegian(program, registered)
    page.goto("/operator")
    expect(page.get_by_text("0123456789abcdef").first).to_be_visible()
    is_for_everybody(page, "the console with changed pages")
