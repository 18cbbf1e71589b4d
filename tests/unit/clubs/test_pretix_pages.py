"""What is read from the pages of a pretix shop."""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import HttpUrl
from support import pretix_pages as shown

from autotennis.adapters.clubs.pretix.links import PretixLinks
from autotennis.adapters.clubs.pretix.pages import (
    read_account,
    read_calendar,
    read_date,
    read_on_list,
    read_order,
    read_refusal,
    read_said,
    read_step,
)
from autotennis.domain.club import ClubRules
from autotennis.errors import PageNotUnderstood
from autotennis.values import Verdict, VerdictKind

LINKS = PretixLinks(
    ClubRules(id="club", kind="pretix", name="Club", base_url=HttpUrl("https://tickets.example.org/club/"))
)
START = datetime.fromisoformat(shown.START)
OPENS = datetime.fromisoformat(shown.OPENS)
MANY = shown.product(shown.CHOICE, item=8)
EARLY = "The booking period for this event has not yet started."
CHOSEN = '<select name="size" required><option value=""></option><option value="s"{}></option></select>'
TAKEN = "Some of the products you selected are no longer available. The following products are affected: Place"


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        (shown.date_page(shown.FREE), Verdict(kind=VerdictKind.FREE)),
        (shown.date_page(shown.FULL, mark="waitinglist"), Verdict(kind=VerdictKind.FULL)),
        (shown.date_page(shown.RESERVED, mark="reserved"), Verdict(kind=VerdictKind.FULL)),
        (
            shown.date_page(shown.NOT_YET, alert=shown.OPENS_AT, mark="soon"),
            Verdict(kind=VerdictKind.NOT_OPEN, opens_at=OPENS),
        ),
        # The club does not say when.
        (
            shown.date_page(shown.NOT_YET, alert=shown.OPENS_SOMETIME, mark="soon"),
            Verdict(kind=VerdictKind.NOT_OPEN),
        ),
        # A shop may show what it has only while it can be had.
        (shown.date_page("", alert=shown.OPENS_AT, mark="soon"), Verdict(kind=VerdictKind.NOT_OPEN, opens_at=OPENS)),
        (shown.date_page(shown.NOT_YET, alert=shown.OVER, mark="over"), Verdict(kind=VerdictKind.FULL)),
    ],
)
def test_a_dates_page_tells_everybody_how_it_stands(body: bytes, verdict: Verdict) -> None:
    assert read_date(body, shown.NUMBER).verdict == verdict


@pytest.mark.parametrize(
    "products",
    [
        # What it has is shown to others; it costs something; or there are two of which nobody knows which is meant.
        "",
        shown.product(shown.CHOICE, price="80.00") + shown.BUTTON,
        shown.product(shown.CHOICE) + MANY + shown.BUTTON,
        # A box that can be ticked, and no button.
        shown.product(shown.CHOICE),
    ],
)
def test_what_cannot_simply_be_had_is_not_free(products: str) -> None:
    verdict = read_date(shown.date_page(products), shown.NUMBER).verdict
    assert verdict.kind is VerdictKind.UNKNOWN
    assert verdict.fingerprint


def test_a_dates_page_tells_which_date_it_is() -> None:
    date = read_date(shown.date_page(shown.FREE), shown.NUMBER)
    assert (date.start, date.name, date.item) == (START, "Tennis & serve", "7")
    assert date.text == "Wed, Dec. 2, 2026 Begin: 18:00"


def test_the_product_is_known_before_the_opening_and_when_all_is_taken() -> None:
    for products in (shown.NOT_YET, shown.FULL):
        assert read_date(shown.date_page(products), shown.NUMBER).item == "7"
    assert read_date(shown.date_page(shown.FREE + MANY), shown.NUMBER).item == ""


def test_who_looks_is_seen_by_the_way_out() -> None:
    assert read_date(shown.date_page(shown.FREE), shown.NUMBER).is_logged_in
    assert not read_date(shown.date_page(shown.FREE, menu=shown.OUT_MENU), shown.NUMBER).is_logged_in


@pytest.mark.parametrize(
    ("cart", "held_s"),
    [
        ("", None),
        (shown.cart("2026-11-30 02:23:20+0100"), 1799.5),
        (shown.cart("2026-11-29 13:38:59+0100"), 0.0),
        (shown.cart("soon"), 0.0),
        # Another date lies in it.
        (shown.cart(start="2026-12-09T17:00:00+00:00"), None),
    ],
)
def test_a_place_in_ones_own_cart_is_held_until_then(cart: str, held_s: float | None) -> None:
    assert read_date(shown.date_page(shown.FREE, cart=cart), shown.NUMBER).held_s == held_s


@pytest.mark.parametrize(
    "body",
    [
        b"",
        shown.page("<h1>Not found</h1>"),
        shown.date_page(shown.FREE).replace(b"subevent-head", b""),
        # A club that hides its times tells the day alone: that is not enough to know a session by.
        shown.date_page(shown.FREE, start="2026-12-02"),
        shown.date_page(shown.FREE).replace(b'"startDate"', b'"endDate"'),
        shown.date_page(shown.FREE).replace(b'{"@type"', b"[" * 50_000),
    ],
)
def test_another_page_is_no_dates(body: bytes) -> None:
    with pytest.raises(PageNotUnderstood):
        read_date(body, shown.NUMBER)


def test_a_calendar_tells_starts_places_and_openings() -> None:
    soon = f"from <time datetime='{shown.OPENS}'>2026-11-29</time>"
    later = START + timedelta(days=1)
    entries = read_calendar(
        shown.calendar(
            shown.cell(21, "soon", shown.START, soon),
            shown.cell(22, "available low", later.isoformat(), "Book now"),
            shown.cell(23, "waitinglist", later.isoformat(), slot="padel"),
            shown.cell(24, "available", later.isoformat(), slot="2026"),
            # The same one on its second day.
            shown.cell(22, "event continued available", later.isoformat()),
            '<a class="event" href="/club/tennis/">All</a>',
        ),
        LINKS,
    )
    assert [(one.session.slot, one.session.timeid, one.session.start) for one in entries] == [
        ("tennis", 21, LINKS.local(START)),
        ("tennis", 22, LINKS.local(later)),
        ("padel", 23, LINKS.local(later)),
    ]
    assert [(one.free, one.opens_at) for one in entries] == [(False, OPENS), (True, None), (False, None)]
    assert {one.level for one in entries} == {"Tennis & serve"}


def test_an_empty_week_is_a_calendar_and_a_list_of_series_is_none() -> None:
    assert read_calendar(shown.calendar(), LINKS) == []
    with pytest.raises(PageNotUnderstood):
        read_calendar(shown.page("<article>Tennis</article>"), LINKS)


def test_a_members_own_page_tells_who_it_is_and_which_orders_are_confirmed() -> None:
    body = shown.account(shown.listed("AB3CD"), shown.listed("EF5GH", "danger"), shown.listed("JK7LM", "warning"))
    assert read_account(body) == (
        int("5HPM7VJ", 36),
        ["http://127.0.0.1:8345/club/tennis/order/AB3CD/hush-hush/"],
    )
    assert read_account(shown.login_page()) == (None, [])


def test_an_order_is_of_a_date_if_it_is_confirmed_and_can_be_cancelled_if_it_is_of_nothing_else() -> None:
    order = read_order(shown.order_page(shown.ordered()))
    assert (order.starts, order.is_confirmed, order.can_cancel) == (frozenset({START}), True, True)
    assert not read_order(shown.order_page(shown.ordered(), bubble="danger")).is_confirmed
    assert not read_order(shown.order_page(shown.ordered(), may_cancel=False)).can_cancel
    several = read_order(shown.order_page(shown.ordered(), shown.ordered("2026-12-09T17:00:00+00:00")))
    assert (len(several.starts), several.can_cancel) == (2, False)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (shown.login_page(said="We have not found an account."), "We have not found an account."),
        (shown.login_page(wrong="This account is disabled."), "This account is disabled."),
        (shown.login_page(), None),
        (shown.page('<div class="alert alert-danger">Your cart is empty</div>'), None),
    ],
)
def test_a_refused_login_says_why(body: bytes, words: str | None) -> None:
    assert read_refusal(body) == words


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ({"success": "true"}, VerdictKind.HELD),
        ({"success": "false", "message": f'"{EARLY}"'}, VerdictKind.NOT_OPEN),
        ({"success": "false", "message": f'"{TAKEN}"'}, VerdictKind.FULL),
        ({"success": "false", "message": '"You cannot select more than 1 item per order."'}, VerdictKind.UNKNOWN),
        ({"ready": "false", "check_url": '"/club/tennis/cart/add?async_id=1"'}, VerdictKind.UNKNOWN),
    ],
)
def test_an_answer_in_the_background_is_a_verdict(answer: dict[str, str], kind: VerdictKind) -> None:
    body = "{" + ", ".join(f'"{name}": {value}' for name, value in answer.items()) + "}"
    said = read_said(body.encode())
    assert said is not None
    assert said.verdict(1800.0) == Verdict(kind=kind, held_s=1800.0 if kind is VerdictKind.HELD else None)


def test_a_page_is_no_answer_in_the_background() -> None:
    assert read_said(shown.page("Verification failed")) is None
    assert read_said(b"[]") is None


def test_what_an_answer_keeps_secret_is_not_shown() -> None:
    said = read_said(b'{"ready": false, "check_url": "/club/x?take_cart_id=hush", "redirect": "/order/AB/hush/"}')
    assert "hush" not in repr(said)


def test_a_step_is_answered_with_what_the_shop_proposes() -> None:
    one = read_step(shown.step_page(shown.MEMBERSHIP.format(4, "checked")))
    several = read_step(shown.step_page(shown.MEMBERSHIP.format(4, "") + shown.MEMBERSHIP.format(5, "")))
    chosen = read_step(shown.step_page(shown.MEMBERSHIP.format(4, "") + shown.MEMBERSHIP.format(5, "checked")))
    assert [(step.name, step.fields, step.is_answered) for step in (one, several, chosen) if step] == [
        ("membership", {"membership-9-membership": "4"}, True),
        ("membership", {"membership-9-membership": "4"}, True),
        ("membership", {"membership-9-membership": "5"}, True),
    ]


@pytest.mark.parametrize(
    ("fields", "is_answered"),
    [
        (shown.EMAIL, True),
        (shown.EMAIL + '<input name="phone" required>', False),
        (shown.EMAIL + '<textarea name="why" required></textarea>', False),
        (shown.EMAIL + '<textarea name="why" required>Because</textarea>', True),
        (shown.EMAIL + CHOSEN.format(""), False),
        (shown.EMAIL + CHOSEN.format(" selected"), True),
        # To agree to something is for the member alone.
        (shown.EMAIL + '<input type="checkbox" name="agreed" value="yes" required>', False),
        (shown.EMAIL + '<input name="nickname">', True),
    ],
)
def test_what_only_the_member_can_say_is_not_made_up(fields: str, is_answered: bool) -> None:
    step = read_step(shown.step_page(fields))
    assert step is not None
    assert (step.name, step.is_answered) == ("questions", is_answered)


def test_the_last_step_is_known_and_other_pages_are_none() -> None:
    step = read_step(shown.step_page("", last=True))
    assert step is not None
    assert (step.name, step.fields) == ("confirm", {})
    assert read_step(shown.date_page(shown.FREE)) is None
    assert read_step(shown.page("Your cart is empty")) is None


@pytest.mark.parametrize(
    ("content", "is_on"),
    [
        ('<div class="alert alert-success"><p>We\'ve added you to the waiting list.</p></div>', True),
        ('<div class="alert alert-danger">You are already on this waiting list! We will notify you.</div>', True),
        ('<div class="alert alert-danger">You cannot add yourself: it is currently available.</div>', False),
        ('<div class="form-group has-error"><input name="phone" required></div>', False),
    ],
)
def test_who_is_on_the_waiting_list_is_told_so(content: str, is_on: bool) -> None:
    assert read_on_list(shown.page(content)) is is_on


def test_a_page_tells_for_how_long_a_cart_keeps_a_place() -> None:
    assert read_date(shown.date_page(shown.FREE), shown.NUMBER).keeps_s == 1800.0
    assert read_date(shown.date_page(shown.FREE).replace(b"30 minutes", b"a while"), shown.NUMBER).keeps_s is None


def test_instants_are_utc() -> None:
    assert read_date(shown.date_page(shown.FREE, start="2026-12-02T18:00:00+01:00"), shown.NUMBER).start == datetime(
        2026, 12, 2, 17, tzinfo=UTC
    )
