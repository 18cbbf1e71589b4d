"""What the report makes of the record."""

from datetime import datetime, time

from pydantic import SecretStr

from practice_club.model import ClubModel, SessionKey
from practice_club.people import Member, Slot
from practice_club.record import Record, RequestRecord
from practice_club.report import full_report, per_login, session_report, totals
from practice_club.times import OSLO
from practice_club.vocabulary import Action

KEY = SessionKey(65, datetime(2026, 11, 24, 15, tzinfo=OSLO))
MS_NS = 1_000_000


def _scene() -> tuple[ClubModel, Record, int]:
    model, record = ClubModel(), Record()
    model.add_member(Member(id=11, email="a@practice.invalid", pin=SecretStr("4711"), name="Pål Hjuløy"))
    model.add_slot(Slot(timeid=65, weekday=1, at=time(15), capacity=1))
    return model, record, model.session(KEY).opens_ns(model.rules)


def _ask(model: ClubModel, record: Record, at_ns: int, member_id: int = 11) -> None:
    verdict = model.act(Action.SIGN_UP, model.session(KEY), member_id, at_ns)
    facts = {"method": "GET", "path": "/timeinfo.php", "timeid": 65, "spilletid": "20261124T15:00:00"}
    record.add(
        RequestRecord(
            number=record.total + 1,
            connection=1,
            arrived_ns=at_ns,
            decided_ns=at_ns,
            answered_ns=at_ns + 1,
            action=Action.SIGN_UP,
            member_id=member_id,
            user_agent="test",
            verdict=verdict,
            status=200,
            **facts,  # pyright: ignore[reportArgumentType] - a plain dict of three constants
        )
    )


def test_sign_ups_are_counted_around_the_opening() -> None:
    model, record, opens_ns = _scene()
    for after_ms in (-20, -0.001, 0, 5, 999, 1000):
        _ask(model, record, opens_ns + round(after_ms * MS_NS))
    report = session_report(model, record, model.session(KEY), opens_ns + 2000 * MS_NS)
    sign_ups = report["sign_ups"]
    assert (sign_ups["before"], sign_ups["at"], sign_ups["after"]) == (2, 3, 1)
    assert sign_ups["arrived_ms"][:3] == [-20, -0.001, 0]
    assert sign_ups["decided_ms"] == sign_ups["arrived_ms"]
    assert sign_ups["member_ids"] == [11] * 6
    assert sign_ups["verdicts"] == ["not_open", "not_open", "signed_up", "already", "already", "already"]
    assert sign_ups["after_accepted"] == 3
    (accepted,) = report["accepted"]
    assert (accepted["member_id"], accepted["after_opening_ms"], accepted["by_rival"]) == (11, 0, False)
    assert report["members"] == [11]
    assert report["overbooked"] is False


def test_totals_and_logins_count_every_request() -> None:
    model, record, opens_ns = _scene()
    for _ in range(3):
        _ask(model, record, opens_ns)
    summary = totals(record, [])
    assert (summary["requests"], summary["busiest_second"], summary["connections"]) == (3, 3, 1)
    assert summary["by_verdict"] == {"signed_up": 1, "already": 2}
    assert per_login(record.requests) == {"11": {"requests": 3, "sign_up": 3}}


def test_the_report_holds_sessions_that_were_asked_for_and_no_secrets() -> None:
    model, record, opens_ns = _scene()
    _ask(model, record, opens_ns - 5)
    report = full_report(model, record, [], opens_ns)
    assert [session["timeid"] for session in report["sessions"]] == [65]
    assert "4711" not in str(report)


def test_a_cleared_record_says_what_it_forgot() -> None:
    model, record, opens_ns = _scene()
    _ask(model, record, opens_ns)
    record.clear()
    assert totals(record, [])["forgotten"] == 1
    assert record.of_session(KEY) == []
