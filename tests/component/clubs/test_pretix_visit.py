"""What our visit makes of a shop that has workers, or is in trouble, and what it keeps from asking there."""

from collections.abc import AsyncGenerator

import pytest
from pydantic import SecretStr
from support import pretix_pages as shown
from support.scripted_shop import (
    ADD,
    CONFIRM,
    DATE,
    MEMBER_ID,
    ORDER,
    SESSION,
    SOMEBODY,
    Bare,
    ScriptedShop,
    leads_to,
    member_at,
    scripted_shop,
    visitor_at,
)

from autotennis.adapters.clubs.pretix import shop as talking
from autotennis.domain.member import Credentials
from autotennis.errors import ClubBusy, LoginRefused, NotFound, PageNotUnderstood
from autotennis.values import Action, Pointer, VerdictKind

BUSY_WORKERS = {"ready": False, "check_url": "/club/tennis/cart/checked?async_id=1&take_cart_id=hush"}
TAKEN = {"ready": True, "success": True, "message": "Added."}
LAST_WEEK = "2026-11-25T17:00:00+00:00"
CHECKED = "GET /club/tennis/cart/checked"


@pytest.fixture
async def shop() -> AsyncGenerator[ScriptedShop]:
    async with scripted_shop() as shop:
        yield shop


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(talking, "_PATIENCE_S", (0.01, 0.01, 0.01))


async def test_a_login_needs_no_page_before_it_and_proves_who_it_is(shop: ScriptedShop) -> None:
    async with visitor_at(shop) as visit:
        answer = await visit.log_in(SOMEBODY)
        assert (answer.verdict.kind, answer.page.club_member_id) == (VerdictKind.LOGGED_IN, MEMBER_ID)
        assert await visit.find_club_member_id() == MEMBER_ID
    assert dict(shop.asked) == {"POST /club/account/login": 1, "GET /club/account/": 1}
    (form,) = shop.forms
    assert (form["email"], form["password"]) == (["ingebjorg.as@example.org"], ["hemmelig-7"])
    assert len(form["csrfmiddlewaretoken"][0]) == 32


async def test_a_refused_login_says_why_without_the_password_and_is_not_sent_again(shop: ScriptedShop) -> None:
    shop.answers["/club/account/login"] = shown.login_page(said="Nobody has hemmelig-7 here.")
    async with visitor_at(shop) as visit:
        with pytest.raises(LoginRefused, match=r"Nobody has \*\*\* here\."):
            await visit.log_in(SOMEBODY)
        assert visit.requests_sent == 1
        assert (await visit.sign_up(SESSION, MEMBER_ID)).verdict.kind is VerdictKind.LOGGED_OUT
        assert visit.requests_sent == 1


async def test_what_is_neither_proof_nor_refusal_is_not_understood(shop: ScriptedShop) -> None:
    shop.answers["/club/account/login"] = shown.page("Maintenance")
    async with visitor_at(shop) as visit:
        with pytest.raises(PageNotUnderstood):
            await visit.log_in(Credentials(email="a@example.org", password=SecretStr("ø")))


async def test_a_form_is_guarded_by_what_the_login_gave(shop: ScriptedShop) -> None:
    shop.answers[ADD] = TAKEN
    async with member_at(shop) as visit:
        await visit.look(SESSION)
        prepared = visit.prepared(Action.SIGN_UP, SESSION, MEMBER_ID)
        await prepared.warm(1)
        answer = await prepared.send()
    assert (answer.verdict.kind, answer.verdict.held_s) == (VerdictKind.HELD, 1800.0)
    wanted = {"subevent": ["21"], "item_7": ["1"], "csrfmiddlewaretoken": ["after-login"]}
    assert shop.forms[-1] == {**wanted, "ajax": ["1"], "ajax_dont_redirect": ["1"]}


async def test_workers_that_are_at_it_are_waited_for_and_never_asked_twice(shop: ScriptedShop) -> None:
    shop.answers[ADD], shop.answers["/club/tennis/cart/checked"] = BUSY_WORKERS, [BUSY_WORKERS, TAKEN]
    async with member_at(shop) as visit:
        answer = await visit.sign_up(SESSION, MEMBER_ID)
    assert answer.verdict.kind is VerdictKind.HELD
    assert (shop.asked[f"POST {ADD}"], shop.asked[CHECKED]) == (1, 2)


async def test_workers_that_never_come_back_leave_it_unknown(shop: ScriptedShop) -> None:
    shop.answers[ADD] = shop.answers["/club/tennis/cart/checked"] = BUSY_WORKERS
    async with member_at(shop) as visit:
        assert (await visit.sign_up(SESSION, MEMBER_ID)).verdict.kind is VerdictKind.UNKNOWN
    assert (shop.asked[f"POST {ADD}"], shop.asked[CHECKED]) == (1, 3)


@pytest.mark.parametrize("elsewhere", ["http://127.0.0.2:1/take", "//example.org/take", "http://[", ""])
async def test_nobody_else_is_asked_what_came_of_it(shop: ScriptedShop, elsewhere: str) -> None:
    shop.answers[ADD] = {"ready": False, "check_url": elsewhere}
    async with member_at(shop) as visit:
        before = visit.requests_sent
        assert (await visit.sign_up(SESSION, MEMBER_ID)).verdict.kind is VerdictKind.UNKNOWN
        # A look, with the member's orders, and the request.
        assert visit.requests_sent == before + 3


async def test_nothing_is_asked_in_the_name_of_another_member(shop: ScriptedShop) -> None:
    async with member_at(shop) as visit:
        acts = (visit.sign_up, visit.complete, visit.withdraw, visit.join_list)
        for act in acts:
            assert (await act(SESSION, MEMBER_ID + 1)).verdict.kind is VerdictKind.REFUSED
        answer = await visit.prepared(Action.SIGN_UP, SESSION, MEMBER_ID + 1).send()
    assert answer.verdict.kind is VerdictKind.REFUSED
    assert not shop.asked


async def test_who_has_a_confirmed_order_is_in_and_each_order_is_read_once(shop: ScriptedShop) -> None:
    codes = [f"OR{one}ER" for one in range(8)]
    shop.answers["/club/account/"] = shown.account(
        shown.listed("PA1EL", slot="padel"), shown.listed("GO1NE", "danger"), *map(shown.listed, codes)
    )
    for code in codes:
        shop.answers[f"/club/tennis/order/{code}/hush-hush/"] = shown.order_page(
            shown.ordered("2026-11-25T17:00:00+00:00")
        )
    async with member_at(shop) as visit:
        assert (await visit.look(SESSION)).verdict.kind is VerdictKind.FREE
        read = [path for path in shop.asked if "/order/" in path]
        # The newest of this series.
        assert read == [f"GET /club/tennis/order/{code}/hush-hush/" for code in codes[:5]]
        shop.answers["/club/account/"] = shown.account(shown.listed("AB3CD"), *map(shown.listed, codes))
        shop.answers[ORDER] = shown.order_page(shown.ordered())
        answer = await visit.look(SESSION)
        await visit.look(SESSION)
    assert (answer.verdict.kind, answer.page.way_out) == (VerdictKind.SIGNED_UP, Action.WITHDRAW)
    assert all(shop.asked[path] == 1 for path in shop.asked if "/order/" in path)


async def test_an_order_of_several_places_is_not_cancelled_for_one_of_them(shop: ScriptedShop) -> None:
    shop.answers["/club/account/"] = shown.account(shown.listed("AB3CD"))
    shop.answers[ORDER] = shown.order_page(shown.ordered(), shown.ordered("2026-12-09T17:00:00+00:00"))
    async with member_at(shop) as visit:
        answer = await visit.withdraw(SESSION, MEMBER_ID)
    assert (answer.verdict.kind, answer.page.way_out) == (VerdictKind.SIGNED_UP, None)
    assert not any(path.startswith("POST") for path in shop.asked)


@pytest.mark.parametrize(
    ("account", "kind"),
    [
        (None, VerdictKind.NO_ANSWER),
        (Bare(503), VerdictKind.BUSY),
        (shown.login_page(), VerdictKind.LOGGED_OUT),
    ],
)
async def test_where_the_orders_are_not_told_nothing_is(
    shop: ScriptedShop, account: bytes | Bare | None, kind: VerdictKind
) -> None:
    async with member_at(shop) as visit:
        shop.answers["/club/account/"] = account
        assert (await visit.look(SESSION)).verdict.kind is kind


async def test_beyond_the_budget_no_order_is_read_and_nothing_is_said(shop: ScriptedShop) -> None:
    async with member_at(shop) as visit:
        most = visit.requests_sent + 1
        visit.keep_within(lambda: most)
        assert (await visit.look(SESSION)).verdict.kind is VerdictKind.NO_ANSWER
        assert visit.requests_sent == most


async def test_an_answer_to_the_confirmation_that_is_lost_is_settled_by_the_orders(shop: ScriptedShop) -> None:
    steps = "/club/tennis/checkout/"
    shop.answers |= {
        f"{steps}customer/": leads_to(f"{steps}membership/"),
        CONFIRM: [shown.step_page("", last=True), None],
    }
    membership = shown.step_page(shown.MEMBERSHIP.format(4, "checked"))
    shop.answers[f"{steps}membership/"] = [membership, leads_to(f"{steps}questions/")]
    shop.answers[f"{steps}questions/"] = [shown.step_page(shown.EMAIL), leads_to(CONFIRM)]
    async with member_at(shop) as visit:
        assert (await visit.complete(SESSION, MEMBER_ID)).verdict.kind is VerdictKind.NO_ANSWER
        assert shop.asked[f"POST {CONFIRM}"] == 1
        shop.answers["/club/account/"] = shown.account(shown.listed("AB3CD"))
        shop.answers[ORDER] = shown.order_page(shown.ordered())
        assert (await visit.look(SESSION)).verdict.kind is VerdictKind.SIGNED_UP


async def test_what_only_the_member_can_say_is_refused_and_held_until_it_is_let_go_of(shop: ScriptedShop) -> None:
    customer, clear = "/club/tennis/checkout/customer/", "/club/tennis/cart/clear"
    shop.answers[customer] = shown.step_page(shown.EMAIL + '<input name="phone" required>')
    shop.answers[clear] = {"ready": True, "success": True}
    async with member_at(shop) as visit:
        assert (await visit.complete(SESSION, MEMBER_ID)).verdict.kind is VerdictKind.REFUSED
        assert dict(shop.asked) == {f"POST {customer}": 1, "GET /club/account/": 1}
        await visit.release(SESSION, MEMBER_ID)
        assert shop.asked[f"POST {clear}"] == 1


async def test_a_second_place_of_who_is_in_is_let_go_of(shop: ScriptedShop) -> None:
    steps = "/club/tennis/checkout/"
    shop.answers[f"{steps}customer/"] = leads_to(f"{steps}membership/")
    shop.answers[f"{steps}membership/"] = shown.step_page(shown.MEMBERSHIP.format(4, "checked"))
    shop.answers["/club/tennis/cart/clear"] = {"ready": True, "success": True}
    shop.answers["/club/account/"] = shown.account(shown.listed("AB3CD"))
    shop.answers[ORDER] = shown.order_page(shown.ordered())
    async with member_at(shop) as visit:
        answer = await visit.complete(SESSION, MEMBER_ID)
    assert (answer.verdict.kind, answer.page.way_out) == (VerdictKind.SIGNED_UP, Action.WITHDRAW)
    assert shop.asked[f"POST {steps}membership/"] == shop.asked["POST /club/tennis/cart/clear"] == 1


async def test_a_cart_that_is_empty_is_left_to_a_look(shop: ScriptedShop) -> None:
    shop.answers["/club/tennis/checkout/customer/"] = leads_to("/club/tennis/")
    shop.answers["/club/tennis/"] = shown.page(shown.OTHER_ALERT)
    async with member_at(shop) as visit:
        assert (await visit.complete(SESSION, MEMBER_ID)).verdict.kind is VerdictKind.UNKNOWN


async def test_an_order_that_is_not_confirmed_is_no_place(shop: ScriptedShop) -> None:
    shop.answers["/club/tennis/checkout/customer/"] = shown.step_page("", last=True)
    shop.answers[CONFIRM] = {"ready": True, "success": True, "redirect": f"{ORDER}?thanks=1"}
    shop.answers[ORDER] = shown.order_page(shown.ordered(), bubble="warning")
    async with member_at(shop) as visit:
        assert (await visit.complete(SESSION, MEMBER_ID)).verdict.kind is VerdictKind.UNKNOWN
        shop.answers[ORDER] = shown.order_page(shown.ordered("2026-12-09T17:00:00+00:00"))
        assert (await visit.complete(SESSION, MEMBER_ID)).verdict.kind is VerdictKind.UNKNOWN
        shop.answers[ORDER] = shown.order_page(shown.ordered())
        answer = await visit.complete(SESSION, MEMBER_ID)
    assert (answer.verdict.kind, answer.page.way_out) == (VerdictKind.SIGNED_UP, Action.WITHDRAW)


async def test_a_date_that_nobody_has_read_is_found_in_its_week_and_one_of_two_is_not_guessed(
    shop: ScriptedShop,
) -> None:
    unread = SESSION.model_copy(update={"timeid": 0})
    one = shown.cell(shown.NUMBER, "available", shown.START)
    shop.answers["/club/tennis/"] = shown.calendar(one, shown.cell(22, "available", "2026-12-09T17:00:00+00:00"))
    async with member_at(shop) as visit:
        assert (await visit.look(unread)).verdict.kind is VerdictKind.FREE
        assert shop.asked["GET /club/tennis/"] == 1
    shop.answers["/club/tennis/"] = shown.calendar(one, shown.cell(23, "available", shown.START))
    async with member_at(shop) as visit:
        assert (await visit.look(unread)).verdict.kind is VerdictKind.NO_SESSION
        assert (await visit.sign_up(unread, MEMBER_ID)).verdict.kind is VerdictKind.NO_SESSION
    assert not shop.asked[f"GET {DATE}"]


async def test_a_date_that_was_moved_is_not_booked(shop: ScriptedShop) -> None:
    shop.answers[DATE] = shown.date_page(shown.FREE, start="2026-12-02T18:00:00+00:00")
    async with member_at(shop) as visit:
        assert (await visit.look(SESSION)).verdict.kind is VerdictKind.NO_SESSION
        assert (await visit.sign_up(SESSION, MEMBER_ID)).verdict.kind is VerdictKind.NO_SESSION
    assert not shop.asked[f"POST {ADD}"]


async def test_a_date_that_is_not_there_is_none_and_a_shop_that_is_off_line_is_busy(shop: ScriptedShop) -> None:
    pointer = Pointer(slot="tennis", number=shown.NUMBER)
    async with member_at(shop) as visit:
        shop.answers[DATE] = Bare(404)
        assert (await visit.look(SESSION)).verdict.kind is VerdictKind.NO_SESSION
        with pytest.raises(NotFound):
            await visit.find(pointer)
        shop.answers[DATE] = Bare(403)
        assert (await visit.look(SESSION)).verdict.kind is VerdictKind.BUSY
        with pytest.raises(ClubBusy):
            await visit.find(pointer)


async def test_the_club_has_no_regular_players(shop: ScriptedShop) -> None:
    async with member_at(shop) as visit:
        for act in (visit.confirm, visit.decline):
            with pytest.raises(NotImplementedError):
                await act(SESSION, MEMBER_ID)


async def test_whoever_is_not_logged_in_sees_that_a_date_is_open(shop: ScriptedShop) -> None:
    shop.answers[DATE] = shown.date_page(shown.FREE, menu=shown.OUT_MENU)
    async with visitor_at(shop) as visit:
        page = (await visit.look(SESSION)).page
        assert (page.verdict.kind, page.way_in) == (VerdictKind.LOGGED_OUT, Action.SIGN_UP)
        shop.answers[DATE] = shown.date_page("", alert=shown.OPENS_AT, mark="soon", menu=shown.OUT_MENU)
        page = (await visit.look(SESSION)).page
        assert (page.verdict.kind, page.way_in) == (VerdictKind.LOGGED_OUT, None)
