"""The agenda: what comes next, what is on which day, what it says in one sentence, and how to mend what failed."""

from collections.abc import Generator
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from support.records import NOW, OPENING, RULES, a_request, booked, claimed, scheduled

from autotennis.domain.booking import Booking, Budget, Outcome
from autotennis.domain.club import NTNUI_TENNIS
from autotennis.values import (
    Action,
    Activity,
    Attempt,
    Failure,
    FailureReason,
    Seen,
    Verdict,
    VerdictKind,
    WaitingWish,
)
from autotennis_api import agenda, agenda_words, brief, texts
from autotennis_api.agenda import Mend

TODAY = date(2026, 11, 22)
NOTHING = Budget(requests=0, sign_ups=0)


@pytest.fixture(params=["en", "nb"])
def language(request: pytest.FixtureRequest) -> Generator[str, None, None]:
    """A reader of this language."""
    app = Flask("autotennis_api")
    app.secret_key = "only for a test"
    texts.set_up_languages(app)
    with app.test_request_context(headers={"Accept-Language": request.param}):
        yield request.param


def _with(**changes: object) -> Booking:
    return a_request()[0].model_copy(update=changes)


@pytest.mark.parametrize(
    ("changes", "english", "norwegian"),
    [
        (
            {},
            "Opens 18:00; we sign you up then; if it is full we wait until Wed 18:00.",
            "Åpner kl. 18:00; da melder vi deg på; er timen full, venter vi til ons. kl. 18:00.",
        ),
        (
            {"waiting": WaitingWish(notice_min=120)},
            "Opens 18:00; we sign you up then; if it is full we wait until Wed 16:00.",
            "Åpner kl. 18:00; da melder vi deg på; er timen full, venter vi til ons. kl. 16:00.",
        ),
        (
            {"waiting": WaitingWish(wanted=False), "opening_at": OPENING + timedelta(days=8)},
            "Opens Mon 30 Nov 18:00; we sign you up then; if it is full we do not wait.",
            "Åpner man. 30. nov. kl. 18:00; da melder vi deg på; er timen full, venter vi ikke.",
        ),
        (
            {"fixed": True, "opening_at": OPENING + timedelta(days=1)},
            "We confirm your fixed place Mon 18:00; if the club's page offers you none, we sign you up when it opens.",
            (
                "Vi bekrefter den faste plassen din man. kl. 18:00; tilbyr klubbens side deg ingen, melder vi deg på "
                "når timen åpner."
            ),
        ),
    ],
)
def test_what_will_happen_is_one_sentence(
    language: str, changes: dict[str, object], english: str, norwegian: str
) -> None:
    said = agenda_words.plan(_with(**changes), NTNUI_TENNIS, NOW)
    assert said == {"en": english, "nb": norwegian}[language]


def test_what_is_ahead_has_its_opening_to_come() -> None:
    planned = scheduled(a_request()[0])[0]
    assert agenda.is_ahead(planned, NOW)
    assert agenda.is_ahead(claimed(planned)[0], NOW)
    assert not agenda.is_ahead(planned, OPENING)
    assert not agenda.is_ahead(planned.model_copy(update={"cancel_asked_at": NOW}), NOW)
    assert not agenda.is_ahead(_granted_and_booked(), NOW)


def _granted_and_booked() -> Booking:
    racing = claimed(scheduled(a_request()[0])[0])[0]
    return booked(racing.granted("one", RULES, NOW)[0])[0]


@pytest.mark.parametrize(
    ("seen", "english", "norwegian"),
    [
        (None, "", ""),
        (Seen(), "", ""),
        (Seen(level="M"), "level M", "nivå M"),
        (
            Seen(place="Blåfjell", court="Bane 1", level="P", activity=Activity.PADEL),
            "Padel, Blåfjell, Bane 1, level P",
            "Padel, Blåfjell, Bane 1, nivå P",
        ),
    ],
)
def test_what_was_seen_of_a_session_is_told(language: str, seen: Seen | None, english: str, norwegian: str) -> None:
    assert agenda_words.where(seen) == {"en": english, "nb": norwegian}[language]


def test_every_failure_can_be_mended_or_it_is_known_that_it_cannot() -> None:
    assert set(agenda.MENDS) == set(FailureReason)
    assert [reason for reason, ways in agenda.MENDS.items() if not ways] == [FailureReason.CLUB_GONE]
    assert set(agenda_words.MENDS) == set(Mend)
    assert set(agenda_words.ACTIVITIES) == set(Activity)


def test_a_booking_that_failed_says_how_to_mend_it_and_others_do_not() -> None:
    racing = claimed(scheduled(a_request()[0])[0])[0]
    refused = racing.failed(Failure(reason=FailureReason.LOGIN_REFUSED), NOTHING, Outcome(), NOW)[0]
    assert agenda.mends(refused) == (Mend.PASSWORD, Mend.AGAIN)
    assert agenda.mends(racing) == ()


@pytest.mark.parametrize(
    ("reason", "ways"),
    [
        (FailureReason.NO_CREDENTIALS, (Mend.PASSWORD,)),
        (FailureReason.STILL_SIGNED_UP, (Mend.AT_CLUB,)),
        (FailureReason.CLUB_GONE, ()),
    ],
)
def test_a_place_that_could_not_be_given_back_is_given_back_in_another_way(
    reason: FailureReason, ways: tuple[Mend, ...]
) -> None:
    asked = _granted_and_booked().withdrawal_asked(OPENING)[0]
    kept = asked.withdrawal_failed(Failure(reason=reason), NOTHING, Outcome(), OPENING)[0]
    assert agenda.mends(kept) == ways


def test_the_tries_while_waiting_are_counted_and_those_of_the_race_are_not(language: str) -> None:
    waiting = _waiting()
    assert agenda.tried_while_waiting(waiting) is None
    first = agenda_words.looked(waiting, NTNUI_TENNIS, NOW)
    at_ms = (datetime(2026, 11, 23, 12, tzinfo=UTC) - OPENING).total_seconds() * 1000
    tried = waiting.model_copy(update={"timeline": (*waiting.timeline, _log_in(at_ms), _log_in(at_ms + 3_600_000))})
    found = agenda.tried_while_waiting(tried)
    assert found is not None
    assert (found.count, found.last_at) == (2, datetime(2026, 11, 23, 13, tzinfo=UTC))
    added = {
        "en": " A freed place was tried for 2 times, last Mon 14:00.",
        "nb": " Vi prøvde 2 ganger på en ledig plass, sist man. kl. 14:00.",
    }
    assert agenda_words.looked(tried, NTNUI_TENNIS, NOW) == first + added[language]


def _waiting() -> Booking:
    racing = claimed(scheduled(a_request()[0])[0])[0].granted("one", RULES, NOW)[0]
    until = datetime(2026, 11, 25, 17, tzinfo=UTC)
    return racing.found_full(until, NOTHING, Outcome(timeline=(_log_in(-90_000),)), OPENING)[0]


def _log_in(sent_ms: float) -> Attempt:
    verdict = Verdict(kind=VerdictKind.LOGGED_IN)
    return Attempt(action=Action.LOG_IN, sent_ms=sent_ms, latency_ms=20, verdict=verdict)


@pytest.mark.parametrize(
    ("days", "english", "norwegian"),
    [(0, "Today", "I dag"), (1, "Tomorrow", "I morgen"), (4, "Thursday 26 November", "Torsdag 26. november")],
)
def test_a_day_is_called_as_people_do(language: str, days: int, english: str, norwegian: str) -> None:
    assert brief.day_heading(TODAY + timedelta(days=days), TODAY) == {"en": english, "nb": norwegian}[language]
