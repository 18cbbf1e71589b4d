"""An evening held against the club's record: every lie and every broken promise is found."""

from dataclasses import replace

import pytest

from autotennis.domain.booking import State
from autotennis.values import FailureReason
from autotennis_local.evening.judging import (
    Change,
    Evening,
    Failed,
    Promise,
    SessionRecord,
    SignUps,
    Told,
    Wish,
    judged,
)
from autotennis_local.evening.programme import Kind, Opening, Twist

KEY = (101, "20261202T18:00:00")
OPENS_NS = 1_790_000_000_000_000_000
OPENING = Opening(1, Kind.PLAIN, 0.0, ())
ANNA, BERIT = 20_201, 20_202


def record(*changes: Change, members: tuple[int, ...] = (ANNA,), free: int = 3, **more: object) -> SessionRecord:
    facts = {
        "timeid": KEY[0],
        "spilletid": KEY[1],
        "opens_ns": OPENS_NS,
        "free": free,
        "members": members,
        "history": changes or (place(ANNA),),
        "overbooked": False,
        "sign_ups": SignUps(by_member={str(ANNA): 3}),
        **more,
    }
    return SessionRecord.model_validate(facts)


def place(member_id: int, after_ms: float = 0.8, what: str = "signed_up", *, by_rival: bool = False) -> Change:
    at_ns = OPENS_NS + round(after_ms * 1e6)
    return Change(member_id=member_id, what=what, at_ns=at_ns, by_rival=by_rival)


def wish(member_id: int = ANNA, state: State = State.BOOKED, **more: object) -> Wish:
    told = Told(id=f"booking-of-{member_id}", state=state, requests_sent=8, sign_ups_sent=3)
    usual = Wish(OPENING, KEY, member_id, frozenset({State.BOOKED}), Twist.NONE, told)
    return replace(usual, **more)  # pyright: ignore[reportArgumentType] (each is a field of it)


def evening(*wishes: Wish, session: SessionRecord | None = None, opens_ns: int = OPENS_NS) -> Evening:
    return Evening(wishes or (wish(),), {KEY: session or record()}, {KEY: opens_ns}, {ANNA: 15}, 15)


def broken(known: Evening, within_ms: float = 100) -> list[Promise]:
    return [one.promise for one in judged(known, within_ms).broken]


def test_an_evening_as_it_should_be_breaks_nothing() -> None:
    judgement = judged(evening(), within_ms=100)
    assert judgement.broken == ()
    assert judgement.first_ms == pytest.approx((0.8, 0.8, 0.8))
    assert judgement.rows[0].first_ms == pytest.approx(0.8)
    assert judgement.rows[0].states == {State.BOOKED: 1}


def test_booked_without_a_place_at_the_club_is_a_lie() -> None:
    nobody = record(place(BERIT, by_rival=True), members=())
    assert broken(evening(session=nobody)) == [Promise.TRUTHFUL]


@pytest.mark.parametrize("state", [State.FAILED, State.WAITING, State.CANCELLED, State.WITHDRAWN])
def test_a_place_that_is_not_told_of_is_a_lie(state: State) -> None:
    known = evening(wish(state=state, ends=frozenset({state})), session=record(free=0))
    assert Promise.TRUTHFUL in broken(known)


def test_a_place_for_whom_nobody_asked_is_found() -> None:
    known = evening(session=record(place(ANNA), place(BERIT), members=(ANNA, BERIT)))
    assert broken(known) == [Promise.TRUTHFUL]


def test_two_places_for_one_member_are_found() -> None:
    assert broken(evening(session=record(place(ANNA), place(ANNA)))) == [Promise.ONCE]


@pytest.mark.parametrize("gone", ["withdrawn", "lost"])
def test_a_place_that_was_given_back_or_lost_by_the_club_and_won_again_is_one_place(gone: str) -> None:
    assert broken(evening(session=record(place(ANNA), place(ANNA, 5, gone), place(ANNA, 9)))) == []


def test_more_members_than_places_are_found() -> None:
    assert broken(evening(session=record(overbooked=True))) == [Promise.ONCE]


@pytest.mark.parametrize(
    "rude",
    [
        evening(session=record(sign_ups=SignUps(by_member={str(ANNA): 35}))),
        replace(evening(), requests={ANNA: 133}),
        evening(wish(told=Told(id="b", state=State.BOOKED, requests_sent=121))),
        evening(wish(told=Told(id="b", state=State.BOOKED, sign_ups_sent=35))),
    ],
)
def test_more_requests_than_the_caps_allow_are_found(rude: Evening) -> None:
    assert broken(rude) == [Promise.POLITE]


def test_as_many_requests_as_the_caps_allow_are_none_too_many() -> None:
    at_caps = wish(told=Told(id="b", state=State.BOOKED, requests_sent=120, sign_ups_sent=34))
    known = evening(at_caps, session=record(sign_ups=SignUps(by_member={str(ANNA): 34})))
    assert broken(replace(known, requests={ANNA: 132})) == []


def test_a_late_first_yes_is_found_where_nothing_was_wrong() -> None:
    late = record(place(ANNA, 100.1))
    assert broken(evening(session=late)) == [Promise.EXACT]
    troubled = wish(opening=replace(OPENING, kind=Kind.BUSY))
    assert broken(evening(troubled, session=late)) == []
    hurried = wish(prepared_s=11.9)
    assert broken(evening(hurried, session=late)) == []


def test_the_opening_counts_as_it_was_enforced_then() -> None:
    late_ns = OPENS_NS + 2_000_000_000
    known = evening(session=record(place(ANNA, 2000.5)), opens_ns=late_ns)
    assert judged(known, within_ms=100).rows[0].first_ms == pytest.approx(0.5)


def test_whoever_waits_while_a_place_is_free_was_missed() -> None:
    waits = wish(state=State.WAITING, ends=frozenset({State.BOOKED, State.WAITING}))
    somebody = record(place(BERIT, by_rival=True), members=(), free=1)
    assert broken(evening(waits, session=somebody)) == [Promise.AS_WISHED]
    assert broken(evening(waits, session=somebody.model_copy(update={"free": 0}))) == []


def test_a_wish_that_did_not_end_as_it_should_is_found() -> None:
    known = evening(wish(state=State.SIGNING_UP), session=record(place(BERIT, by_rival=True), members=()))
    assert broken(known) == [Promise.AS_WISHED]


@pytest.mark.parametrize(
    ("reason", "promises"),
    [(FailureReason.LOGIN_REFUSED, []), (FailureReason.FULL, [Promise.AS_WISHED])],
)
def test_a_wrong_password_is_to_be_named(reason: FailureReason, promises: list[Promise]) -> None:
    told = Told(id="b", state=State.FAILED, failure=Failed(reason=reason))
    stranger = wish(ends=frozenset({State.FAILED}), twist=Twist.WRONG_PASSWORD, told=told)
    nobody = record(place(BERIT, by_rival=True), members=())
    assert broken(evening(stranger, session=nobody)) == promises


@pytest.mark.parametrize(
    ("next_week", "promises"), [(State.SCHEDULED, []), (State.FAILED, [Promise.AS_WISHED]), (None, [Promise.AS_WISHED])]
)
def test_next_week_of_a_series_is_to_be_planned(next_week: State | None, promises: list[Promise]) -> None:
    assert broken(evening(wish(twist=Twist.WEEKLY, next_week=next_week))) == promises
