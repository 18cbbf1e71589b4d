"""The rules by which places are taken, from eight days before a session to its start."""

from datetime import datetime, time

import pytest
from pydantic import ValidationError

from practice_club.people import Slot
from practice_club.session import Rules, Session
from practice_club.times import OSLO
from practice_club.vocabulary import Coming, Door, Kind, Phase, Verdict

START = datetime(2026, 11, 27, 18, tzinfo=OSLO)
RULES = Rules()
HOUR_NS = 3_600_000_000_000
ANNE, BO, CARO, DAG = 1, 2, 3, 4
MEMBER, OTHER = 11, 12


def _session(**changes: object) -> Session:
    facts = {"timeid": 65, "weekday": 4, "at": time(18), "capacity": 4, "regulars": (ANNE, BO, None), **changes}
    return Session(Slot.model_validate(facts), START)


def _before(session: Session, hours: float) -> int:
    return session.starts_ns - round(hours * HOUR_NS)


def test_the_phases_follow_each_other_to_the_nanosecond() -> None:
    session = _session()
    assert session.phase(_before(session, 168) - 1, RULES) is Phase.EARLY
    assert session.phase(_before(session, 168), RULES) is Phase.CONFIRMING
    assert session.phase(_before(session, 72) - 1, RULES) is Phase.CONFIRMING
    assert session.phase(_before(session, 72), RULES) is Phase.OPEN
    assert session.phase(session.starts_ns - 1, RULES) is Phase.OPEN
    assert session.phase(session.starts_ns, RULES) is Phase.PAST


def test_nothing_is_free_before_the_opening_unless_a_regular_declines() -> None:
    session = _session()
    now_ns = _before(session, 100)
    assert session.sign_up(MEMBER, now_ns, RULES) is Verdict.NOT_OPEN
    assert session.decline(ANNE, now_ns, RULES) is Verdict.DECLINED
    assert session.free(now_ns, RULES) == 1
    assert session.sign_up(MEMBER, now_ns, RULES) is Verdict.SIGNED_UP
    assert session.sign_up(OTHER, now_ns, RULES) is Verdict.NOT_OPEN


def test_at_the_opening_unconfirmed_and_vacant_places_are_free_for_all() -> None:
    session = _session()
    session.confirm(ANNE, _before(session, 100), RULES)
    opens_ns = _before(session, 72)
    assert session.coming(BO, opens_ns - 1, RULES) is Coming.UNCONFIRMED
    assert session.coming(BO, opens_ns, RULES) is Coming.NO_BY_SYSTEM
    assert session.free(opens_ns, RULES) == 3


def test_the_last_place_is_given_once() -> None:
    session = _session(regulars=(), capacity=1)
    now_ns = _before(session, 72)
    assert session.sign_up(MEMBER, now_ns, RULES) is Verdict.SIGNED_UP
    assert session.sign_up(OTHER, now_ns, RULES) is Verdict.FULL
    assert session.sign_up(MEMBER, now_ns + 5, RULES) is Verdict.ALREADY
    assert session.takers() == [MEMBER]
    assert session.substitutes[MEMBER] == now_ns


def test_substitutes_keep_the_order_of_their_sign_up() -> None:
    session = _session()
    now_ns = _before(session, 50)
    for member_id in (OTHER, MEMBER):
        session.sign_up(member_id, now_ns, RULES)
    assert session.takers() == [OTHER, MEMBER]


def test_a_regular_cannot_be_a_substitute_and_others_cannot_confirm() -> None:
    session = _session()
    now_ns = _before(session, 50)
    assert session.sign_up(ANNE, now_ns, RULES) is Verdict.IS_REGULAR
    assert session.confirm(MEMBER, now_ns, RULES) is Verdict.NOT_REGULAR
    assert session.decline(MEMBER, now_ns, RULES) is Verdict.NOT_REGULAR


def test_a_regular_who_was_set_to_not_coming_can_come_while_a_place_is_free() -> None:
    session = _session(regulars=(ANNE, BO), capacity=2)
    now_ns = _before(session, 50)
    assert session.confirm(ANNE, now_ns, RULES) is Verdict.CONFIRMED
    assert session.confirm(ANNE, now_ns, RULES) is Verdict.ALREADY
    session.sign_up(MEMBER, now_ns, RULES)
    assert session.confirm(BO, now_ns, RULES) is Verdict.FULL


def test_a_declined_place_that_was_taken_cannot_be_taken_back() -> None:
    session = _session()
    now_ns = _before(session, 100)
    session.decline(ANNE, now_ns, RULES)
    session.sign_up(MEMBER, now_ns, RULES)
    assert session.confirm(ANNE, now_ns, RULES) is Verdict.FULL
    session.withdraw(MEMBER, now_ns, RULES)
    assert session.confirm(ANNE, now_ns, RULES) is Verdict.CONFIRMED


def test_before_seven_days_regulars_are_not_asked() -> None:
    session = _session()
    now_ns = _before(session, 169)
    assert session.coming(ANNE, now_ns, RULES) is Coming.UNASKED
    assert session.confirm(ANNE, now_ns, RULES) is Verdict.NOT_OPEN


def test_a_withdrawn_place_is_free_again() -> None:
    session = _session(regulars=(), capacity=1)
    now_ns = _before(session, 10)
    session.sign_up(MEMBER, now_ns, RULES)
    assert session.withdraw(MEMBER, now_ns, RULES) is Verdict.WITHDRAWN
    assert session.withdraw(MEMBER, now_ns, RULES) is Verdict.NOT_SIGNED_UP
    assert session.free(now_ns, RULES) == 1


def test_withdrawal_can_close_before_the_start() -> None:
    session = _session(regulars=())
    rules = Rules(withdrawal_closes_h=6)
    session.sign_up(MEMBER, _before(session, 10), rules)
    assert session.withdraw(MEMBER, _before(session, 5.9), rules) is Verdict.WITHDRAWAL_CLOSED
    assert session.withdraw(MEMBER, _before(session, 6.1), rules) is Verdict.WITHDRAWN


def test_everything_ends_at_the_start() -> None:
    session = _session()
    assert session.sign_up(MEMBER, session.starts_ns, RULES) is Verdict.PAST
    assert session.withdraw(MEMBER, session.starts_ns, RULES) is Verdict.PAST
    assert session.decline(ANNE, session.starts_ns, RULES) is Verdict.PAST


def test_nothing_can_be_done_in_a_cancelled_session() -> None:
    session = _session()
    session.cancelled = True
    now_ns = _before(session, 10)
    assert session.free(now_ns, RULES) == 0
    assert session.sign_up(MEMBER, now_ns, RULES) is Verdict.CANCELLED
    assert session.confirm(ANNE, now_ns, RULES) is Verdict.CANCELLED


def test_a_late_opening_is_later_than_the_announced_one() -> None:
    session = _session(regulars=())
    rules = Rules(opening_late_s=2)
    announced_ns = session.announced_opening_ns(rules)
    assert session.sign_up(MEMBER, announced_ns + 1_999_999_999, rules) is Verdict.NOT_OPEN
    assert session.sign_up(MEMBER, announced_ns + 2_000_000_000, rules) is Verdict.SIGNED_UP


def test_a_place_can_be_given_by_order_but_never_one_too_many() -> None:
    session = _session(capacity=1, regulars=())
    session.seat(MEMBER, _before(session, 100))
    with pytest.raises(ValueError, match="no place left"):
        session.seat(OTHER, _before(session, 100))


@pytest.mark.parametrize(
    "wrong",
    [
        {"regulars": (ANNE, BO, CARO, DAG, 5)},
        {"kind": Kind.DROP_IN},
        {"regulars": (ANNE, ANNE)},
        {"at": time(18, 0, 0, 1)},
        {"weekday": 7},
        {"capacity": 0},
    ],
    ids=["too many regulars", "drop-in with regulars", "one regular twice", "split second", "no weekday", "no places"],
)
def test_impossible_slots_cannot_be_built(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        _session(**wrong)


def test_the_door_text_follows_the_kind_unless_it_is_given() -> None:
    assert _session().slot.door_text is Door.CODE
    assert _session(kind=Kind.PADEL).slot.door_text is Door.ENTRANCE
    assert _session(kind=Kind.PADEL, door=Door.NONE).slot.door_text is Door.NONE
