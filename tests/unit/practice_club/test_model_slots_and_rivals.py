"""Finding sessions, timeids that are used again, and rivals who come by plan."""

from datetime import date, datetime, time, timedelta

import pytest
from pydantic import SecretStr

from practice_club.model import ClubModel, RivalPlan, SessionKey
from practice_club.people import Member, Slot
from practice_club.times import OSLO
from practice_club.vocabulary import Action, Level, Verdict

START = datetime(2026, 11, 24, 15, tzinfo=OSLO)
KEY = SessionKey(65, START)
MS_NS = 1_000_000


def _slot(**changes: object) -> Slot:
    return Slot.model_validate({"timeid": 65, "weekday": 1, "at": time(15), "capacity": 2, **changes})


def _member(member_id: int = 11, email: str = "frøydis@practice.invalid") -> Member:
    return Member(id=member_id, email=email, pin=SecretStr("1234"), name="Frøydis Lyngtveit")


@pytest.fixture
def model() -> ClubModel:
    model = ClubModel()
    model.add_member(_member())
    model.add_slot(_slot())
    return model


def test_a_slot_recurs_every_week_in_local_time(model: ClubModel) -> None:
    october = datetime(2026, 10, 20, 15, tzinfo=OSLO)
    for week in range(3):
        assert model.find(SessionKey(65, october + timedelta(weeks=week))) is not None
    assert model.find(SessionKey(65, START.replace(hour=16))) is None
    assert model.find(SessionKey(65, START + timedelta(days=1))) is None
    assert model.find(SessionKey(66, START)) is None


def test_the_same_session_is_found_again(model: ClubModel) -> None:
    assert model.find(KEY) is model.find(SessionKey(65, START))


def test_a_timeid_can_mean_another_hour_from_a_date_on(model: ClubModel) -> None:
    replacement = _slot(weekday=4, at=time(8), level=Level.N)
    model.reuse_timeid(replacement, date(2026, 11, 30))
    assert model.find(KEY) is not None
    assert model.find(SessionKey(65, START + timedelta(weeks=1))) is None
    friday = model.session(SessionKey(65, datetime(2026, 12, 4, 8, tzinfo=OSLO)))
    assert friday.slot.level is Level.N


def test_a_timeid_in_use_is_not_given_twice(model: ClubModel) -> None:
    with pytest.raises(ValueError, match="timeid 65 is in use"):
        model.add_slot(_slot(weekday=3))


def test_a_regular_must_be_a_member(model: ClubModel) -> None:
    with pytest.raises(ValueError, match="no member has the id 999"):
        model.add_slot(_slot(timeid=66, regulars=(999,)))


def test_members_have_their_own_id_and_address(model: ClubModel) -> None:
    with pytest.raises(ValueError, match="id 11"):
        model.add_member(_member(email="other@practice.invalid"))
    with pytest.raises(ValueError, match="e-mail"):
        model.add_member(_member(12, "FRØYDIS@practice.invalid"))
    assert model.member_by_email(" Frøydis@practice.invalid ") is model.members[11]


def test_a_dropped_week_is_unknown_and_the_next_one_is_there(model: ClubModel) -> None:
    model.drop(KEY)
    assert model.find(KEY) is None
    assert model.find(SessionKey(65, START + timedelta(weeks=1))) is not None
    assert [s.start for s in model.sessions_on(START.date(), 8)] == [START + timedelta(weeks=1)]


def test_sessions_come_by_day_and_hour(model: ClubModel) -> None:
    model.add_slot(_slot(timeid=66, at=time(9)))
    model.add_slot(_slot(timeid=67, weekday=0))
    assert [s.slot.timeid for s in model.sessions_on(date(2026, 11, 23), 7)] == [67, 66, 65]


def test_rivals_take_places_at_their_own_instants(model: ClubModel) -> None:
    session = model.session(KEY)
    opens_ns = session.opens_ns(model.rules)
    model.set_rivals((RivalPlan(after_opening_ms=5),), opens_ns - 1000 * MS_NS)
    assert model.act(Action.SIGN_UP, session, 11, opens_ns + 9 * MS_NS) is Verdict.SIGNED_UP
    rival, ours = session.history
    assert (rival.by_rival, rival.at_ns - opens_ns) == (True, 5 * MS_NS)
    assert (ours.member_id, ours.at_ns - opens_ns) == (11, 9 * MS_NS)


def test_rivals_can_be_beaten(model: ClubModel) -> None:
    session = model.session(KEY)
    opens_ns = session.opens_ns(model.rules)
    model.set_rivals((RivalPlan(after_opening_ms=5, places=2),), opens_ns - MS_NS)
    assert model.act(Action.SIGN_UP, session, 11, opens_ns + 4 * MS_NS) is Verdict.SIGNED_UP
    model.catch_up(session, opens_ns + 10 * MS_NS)
    assert len(session.takers()) == session.slot.capacity
    assert session.takers()[0] == 11


def test_rivals_leave_when_their_stay_is_over(model: ClubModel) -> None:
    session = model.session(KEY)
    opens_ns = session.opens_ns(model.rules)
    model.set_rivals((RivalPlan(after_opening_ms=0, places=2, stay_ms=500),), opens_ns - MS_NS)
    assert model.act(Action.SIGN_UP, session, 11, opens_ns + 499 * MS_NS) is Verdict.FULL
    assert model.act(Action.SIGN_UP, session, 11, opens_ns + 500 * MS_NS) is Verdict.SIGNED_UP


def test_rivals_do_not_strike_in_the_past_or_in_other_slots(model: ClubModel) -> None:
    session = model.session(KEY)
    opens_ns = session.opens_ns(model.rules)
    model.set_rivals((RivalPlan(after_opening_ms=5),), opens_ns + 6 * MS_NS)
    model.catch_up(session, opens_ns + 100 * MS_NS)
    assert session.takers() == []
    model.set_rivals((RivalPlan(after_opening_ms=200, timeid=66),), opens_ns + 101 * MS_NS)
    model.catch_up(session, opens_ns + 300 * MS_NS)
    assert session.takers() == []


def test_the_next_change_is_a_boundary_or_a_rival(model: ClubModel) -> None:
    session = model.session(KEY)
    opens_ns = session.opens_ns(model.rules)
    assert model.next_change_ns([session], opens_ns - 1) == opens_ns
    assert model.next_change_ns([session], opens_ns) == session.starts_ns
    model.set_rivals((RivalPlan(after_opening_ms=7),), opens_ns)
    assert model.next_change_ns([session], opens_ns) == opens_ns + 7 * MS_NS
    assert model.next_change_ns([session], session.starts_ns) == 0


def test_short_names_are_the_clubs() -> None:
    assert _member().short_name == "Frøydis L."
    assert _member().model_copy(update={"name": "Målfrid Myrvassli Åkerheia"}).short_name == "Målfrid Å."
    assert _member().model_copy(update={"name": "Njål"}).short_name == "Njål"
