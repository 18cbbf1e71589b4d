"""What members do at the club, and what the club remembers of it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import pytest

from practice_club.club import PracticeClub
from practice_club.orders import NewSession
from practice_club.people import Member
from practice_club.times import OSLO, instant_ns
from practice_club.vocabulary import DstRule

if TYPE_CHECKING:
    from conftest import NewVisitor, Visitor


@pytest.fixture
async def member(visitor: Visitor, club: PracticeClub) -> Member:
    """The visitor's own login."""
    member = club.add_member()
    await visitor.log_in(member)
    return member


async def test_a_place_is_taken_at_the_opening_and_not_before(
    visitor: Visitor, club: PracticeClub, member: Member
) -> None:
    club.turn(clock_offset_ms=1370)
    session = club.add_session(NewSession(opens_in_s=0))
    opens_ns = session.opens_ns(club.model.rules)
    deadline_ns = opens_ns + 2_000_000_000
    while club.now_ns() < deadline_ns:
        answer = await visitor.ask(session, "leggtilvikarid", member)
        if "fjernvikarid" in answer.text:
            break
    report = club.session_report(session)
    (accepted,) = report["accepted"]
    assert accepted["member_id"] == member.id
    assert 0 <= accepted["after_opening_ms"] < 1000
    # The one that was accepted may have arrived an instant before the opening at which it was decided.
    assert len(report["sign_ups"]["arrived_ms"]) - report["sign_ups"]["before"] in {0, 1}
    assert report["sign_ups"]["after_accepted"] == 0


async def test_withdrawing_frees_the_place_for_another(
    visitor: Visitor, new_visitor: NewVisitor, club: PracticeClub, member: Member
) -> None:
    session = club.add_session(NewSession(opens_in_s=-10, capacity=1))
    await visitor.ask(session, "leggtilvikarid", member)
    other, another = await new_visitor(), club.add_member()
    await other.log_in(another)
    assert "<strong>ingen</strong>" in (await other.ask(session, "leggtilvikarid", another)).text
    assert "fjernvikarid" not in (await visitor.ask(session, "fjernvikarid", member)).text
    assert f"fjernvikarid={another.id}" in (await other.ask(session, "leggtilvikarid", another)).text
    assert session.takers() == [another.id]


async def test_a_regular_confirms_and_declines(visitor: Visitor, club: PracticeClub, member: Member) -> None:
    session = club.add_session(NewSession(opens_in_s=3600, regulars=(member.id, None)))
    assert f"bekrefteid={member.id}" in (await visitor.ask(session)).text
    confirmed = await visitor.ask(session, "bekrefteid", member)
    assert "Kode for tilgang" in confirmed.text
    assert "bekrefteid" not in confirmed.text
    assert "(kommer ikke)" not in confirmed.text
    declined = await visitor.ask(session, "kommerikkeid", member)
    assert f"bekrefteid={member.id}" in declined.text
    assert session.takers() == []
    verdicts = [r.verdict for r in club.record.requests if r.action.value in {"confirm", "decline"}]
    assert verdicts == ["confirmed", "declined"]


async def test_another_members_id_is_refused_and_recorded(visitor: Visitor, club: PracticeClub, member: Member) -> None:
    stranger, session = club.add_member(), club.add_session(NewSession(opens_in_s=-10))
    assert "ERROR" in (await visitor.ask(session, "leggtilvikarid", stranger)).text
    assert session.takers() == []
    last = club.record.requests[-1]
    assert (last.verdict, last.member_id) == ("not_own_id", member.id)


async def test_a_stale_login_is_answered_without_links(visitor: Visitor, club: PracticeClub, member: Member) -> None:
    session = club.add_session(NewSession(opens_in_s=-10))
    club.logins.expire(member.id)
    answer = await visitor.ask(session, "leggtilvikarid", member)
    assert "leggtilvikarid" not in answer.text
    assert "nybruker.php" in answer.text
    assert club.record.requests[-1].verdict == "not_logged_in"


async def test_the_date_is_the_clubs_second(visitor: Visitor, club: PracticeClub) -> None:
    for offset_ms in (0, 86_400_000, -1_500):
        club.turn(clock_offset_ms=offset_ms)
        before = club.now_ns() // 10**9
        answer = await visitor.get("/index.php")
        date = int(parsedate_to_datetime(answer.headers["Date"]).timestamp())
        assert before <= date <= club.now_ns() // 10**9


async def test_the_clock_can_be_stepped_over_an_opening(visitor: Visitor, club: PracticeClub, member: Member) -> None:
    session = club.add_session(NewSession(opens_in_s=60))
    assert "leggtilvikarid" not in (await visitor.ask(session)).text
    club.step_clock(61_000)
    assert "leggtilvikarid" in (await visitor.ask(session)).text


@pytest.mark.parametrize(
    ("start", "rule", "opens"),
    [
        ("20260330T18:00:00", DstRule.ELAPSED, datetime(2026, 3, 27, 16, tzinfo=UTC)),
        ("20260330T18:00:00", DstRule.CALENDAR, datetime(2026, 3, 27, 17, tzinfo=UTC)),
        ("20261026T18:00:00", DstRule.ELAPSED, datetime(2026, 10, 23, 17, tzinfo=UTC)),
        ("20261026T18:00:00", DstRule.CALENDAR, datetime(2026, 10, 23, 16, tzinfo=UTC)),
    ],
)
async def test_openings_around_the_change_of_clocks_follow_the_rule(
    visitor: Visitor, club: PracticeClub, member: Member, start: str, rule: DstRule, opens: datetime
) -> None:
    club.turn(dst_rule=rule)
    session = club.add_session(NewSession(starts=start))
    assert session.opens_ns(club.model.rules) == instant_ns(opens)
    club.set_clock(opens - timedelta(seconds=30))
    assert "leggtilvikarid" not in (await visitor.ask(session, "leggtilvikarid", member)).text
    club.set_clock(opens)
    assert f"fjernvikarid={member.id}" in (await visitor.ask(session, "leggtilvikarid", member)).text


async def test_a_session_in_summer_ends_at_its_start_in_oslo(
    visitor: Visitor, club: PracticeClub, member: Member
) -> None:
    session = club.add_session(NewSession(starts="20260610T18:00:00"))
    start = datetime(2026, 6, 10, 18, tzinfo=OSLO)
    club.set_clock(start - timedelta(seconds=30))
    assert "leggtilvikarid" in (await visitor.ask(session)).text
    club.set_clock(start)
    assert "leggtilvikarid" not in (await visitor.ask(session, "leggtilvikarid", member)).text
    assert session.takers() == []


async def test_rivals_fill_the_session_before_a_late_sign_up(
    visitor: Visitor, club: PracticeClub, member: Member
) -> None:
    club.turn(rivals=[{"after_opening_ms": 3, "places": 2, "stay_ms": 600_000}])
    session = club.add_session(NewSession(opens_in_s=1, capacity=2))
    club.step_clock(2_500)
    assert "<strong>ingen</strong>" in (await visitor.ask(session, "leggtilvikarid", member)).text
    assert [c["after_opening_ms"] for c in club.session_report(session)["accepted"]] == [3, 3]
    club.step_clock(600_000)
    assert f"fjernvikarid={member.id}" in (await visitor.ask(session, "leggtilvikarid", member)).text


async def test_nobody_is_seated_twice_and_nothing_is_overbooked(new_visitor: NewVisitor, club: PracticeClub) -> None:
    session = club.add_session(NewSession(opens_in_s=-10, capacity=2))
    crowd = [(await new_visitor(), club.add_member()) for _ in range(4)]
    for visitor, member in crowd:
        await visitor.log_in(member)
    await asyncio.gather(
        *(visitor.ask(session, "leggtilvikarid", member) for visitor, member in crowd for _ in range(4))
    )
    report = club.session_report(session)
    assert len(report["accepted"]) == len(set(report["members"])) == 2
    assert report["overbooked"] is False
    assert report["sign_ups"]["after"] + report["sign_ups"]["at"] == 16


async def test_the_record_holds_no_pin_no_cookie_and_no_door_code(
    visitor: Visitor, club: PracticeClub, member: Member
) -> None:
    session = club.add_session(NewSession(opens_in_s=-10))
    page = await visitor.ask(session, "leggtilvikarid", member)
    code = page.text.split("Kode for tilgang til bygget: <strong>")[1].split("<")[0]
    report = str(club.report()["requests"])
    cookies = [morsel.value for morsel in visitor.http.cookie_jar]
    assert len(cookies) == 3
    assert not any(secret in report for secret in (code, *cookies))
    assert f"'{member.pin.get_secret_value()}'" not in report
    assert club.record.requests[-1].user_agent == "a test"
