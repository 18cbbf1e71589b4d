"""What a check holds against each other: what tells of an opening, and a club's time by the stamps of its answers."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from support.clock import ManualClock

from autotennis.conformance.cases.pages import opening_told
from autotennis.conformance.outcome import Failed
from autotennis.conformance.pace import ClubTime
from autotennis.domain.club import NTNUI_TENNIS
from autotennis.ports import Answer, SessionPage
from autotennis.values import Session, Verdict, VerdictKind

SESSION = Session(timeid=194, start=datetime(2026, 11, 27, 18, 0))
OPENS_AT = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
READ_AT = OPENS_AT - timedelta(hours=2, seconds=20)
HOUR = timedelta(hours=1)


def told(verdict: Mapping[str, object], known: datetime | None = None) -> tuple[datetime, str]:
    page = Verdict.model_validate({"kind": VerdictKind.NOT_OPEN, **verdict})
    return opening_told(SESSION, NTNUI_TENNIS, page, READ_AT, known)


@pytest.mark.parametrize(
    ("verdict", "way"),
    [
        ({}, "told by the club's rule alone"),
        ({"opens_in_s": 7200}, "told by its countdown"),
        ({"opens_at": OPENS_AT}, "told exactly"),
        ({"opens_at": OPENS_AT, "opens_in_s": 7200}, "told exactly"),
    ],
)
def test_what_agrees_is_told_with_its_way(verdict: dict[str, object], way: str) -> None:
    instant, words = told(verdict)
    assert instant == OPENS_AT
    assert words == f"opens at 2026-11-24 17:00:00 UTC, {way}"
    assert told(verdict, OPENS_AT) == (instant, words)


@pytest.mark.parametrize(
    ("known", "verdict", "said"),
    [
        (None, {"opens_in_s": 10_800}, r"the countdown and the rule \(72 h\) disagree"),
        (None, {"opens_at": OPENS_AT, "opens_in_s": 3600}, "opens_at and opens_in_s disagree"),
        (
            OPENS_AT + HOUR,
            {},
            r"\(by the club's rule alone\) and the plan's disagree: 2026-11-24 17:00:00 and 2026-11-24 18",
        ),
        (OPENS_AT + HOUR, {"opens_in_s": 7200}, r"\(by its countdown\) and the plan's disagree"),
        (OPENS_AT + timedelta(seconds=2), {"opens_at": OPENS_AT}, r"\(exactly\) and the plan's disagree"),
    ],
)
def test_what_disagrees_fails(known: datetime | None, verdict: dict[str, object], said: str) -> None:
    with pytest.raises(Failed, match=said):
        told(verdict, known)


def test_an_exact_opening_goes_before_the_rule_and_that_is_said() -> None:
    assert told({"opens_at": OPENS_AT + HOUR}) == (
        OPENS_AT + HOUR,
        "opens at 2026-11-24 18:00:00 UTC, told exactly; the rule of 72 h says otherwise, and the page goes before",
    )


def stamped(date: datetime | None, sent_s: float, received_s: float, *, second_hand: bool = False) -> Answer:
    page = SessionPage(verdict=Verdict(kind=VerdictKind.UNKNOWN))
    return Answer(page, sent_s, received_s, 200, date, second_hand)


def test_a_clubs_second_has_come_for_certain_only_when_every_stamp_says_so() -> None:
    clock = ManualClock()
    time, at_s, now = ClubTime(clock), clock.monotonic_s(), clock.now().replace(microsecond=0)
    # By the first stamp the club is 3.1 to 4.1 s ahead, by the second one 2.7 to 3.8 s.
    time.heard(stamped(now + timedelta(seconds=3), at_s - 0.1, at_s - 0.1))
    time.heard(stamped(now + timedelta(seconds=4), at_s + 1.2, at_s + 1.3))
    opens_at = now + timedelta(seconds=60)
    for _ in range(2):
        assert time.certain_at_s(opens_at) == pytest.approx(at_s + 60 - 3.1)
        assert time.possible_at_s(opens_at) == pytest.approx(at_s + 60 - 3.8)
        time.heard(stamped(now, at_s, at_s, second_hand=True))
        time.heard(stamped(None, at_s, at_s))


def test_a_clock_that_was_set_is_believed_from_then_on() -> None:
    clock = ManualClock()
    time, at_s, now = ClubTime(clock), clock.monotonic_s(), clock.now().replace(microsecond=0)
    time.heard(stamped(now, at_s, at_s))
    time.heard(stamped(now + timedelta(seconds=30), at_s, at_s))
    assert time.certain_at_s(now + timedelta(seconds=60)) == pytest.approx(at_s + 30)
