"""Each state, action, verdict, reason and problem has its words; dates and countdowns are written as people do."""

from collections.abc import Callable, Generator, Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from support.records import NOTHING_SENT, NOW, OPENING, RULES, a_request, booked, claimed, failed, scheduled

from autotennis.domain.booking import FINAL, Booking, Change, Outcome, State
from autotennis.domain.club import NTNUI_TENNIS
from autotennis.domain.runs import LetGo, LetGoReason
from autotennis.domain.session import starts_at
from autotennis.domain.waiting import Wait
from autotennis.errors import LinkProblem
from autotennis.values import (
    Action,
    ClockDoubt,
    ClockReading,
    Failure,
    FailureReason,
    Plan,
    PlanBasis,
    QuietHours,
    Session,
    VerdictKind,
    WaitingWish,
)
from autotennis_api import dates, standing, texts, words

OSLO = ZoneInfo("Europe/Oslo")
# Until Wednesday 25 November at 18:00 in Oslo.
WAIT = Wait(since=OPENING, until=datetime(2026, 11, 25, 17, 0, tzinfo=UTC))


@pytest.fixture(params=["en", "nb"])
def language(request: pytest.FixtureRequest) -> Generator[str, None, None]:
    """A reader of this language."""
    app = Flask("autotennis_api")
    app.secret_key = "only for a test"
    texts.set_up_languages(app)
    with app.test_request_context(headers={"Accept-Language": request.param}):
        yield request.param


@pytest.mark.parametrize(
    ("table", "kinds"),
    [
        (words.STATES, State),
        (words.ACTIONS, Action),
        (words.VERDICTS, VerdictKind),
        (words.DOUBTS, ClockDoubt),
        (words.BASES, PlanBasis),
        (words.LINK_PROBLEMS, LinkProblem),
    ],
)
def test_nothing_is_without_words(language: str, table: Mapping[StrEnum, str], kinds: type[StrEnum]) -> None:
    assert set(table) == set(kinds)
    assert all(str(text) for text in table.values())


def test_no_failure_is_without_words_and_advice(language: str) -> None:
    assert set(words.FAILURES) == set(FailureReason)
    assert all(str(reason.what) and str(reason.advice) for reason in words.FAILURES.values())


def _in_state(state: State) -> Booking:
    """A booking as far as its state goes; what a state must bring with it is not looked at here."""
    booking, _ = a_request()
    return booking.model_copy(update={"state": state, "wait": WAIT if state is State.WAITING else None})


def _next(booking: Booking, now: datetime) -> str:
    return str(words.next_step(booking, OSLO, now).text)


@pytest.mark.parametrize("state", sorted(set(State) - {State.FAILED}))
@pytest.mark.parametrize("after_s", [-3600, 3600])
def test_every_state_says_what_comes_next(language: str, state: State, after_s: int) -> None:
    booking = _in_state(state)
    step = words.next_step(booking, OSLO, booking.opening_at + timedelta(seconds=after_s))
    assert str(step.text)
    ahead = after_s < 0 and state in {State.REQUESTED, State.SCHEDULED, State.SIGNING_UP}
    assert step.until == (booking.opening_at if ahead else None)


def test_a_race_that_is_silent_for_long_is_in_doubt_and_said_to_be(language: str) -> None:
    booking = _in_state(State.SIGNING_UP)
    expected = {
        "en": ("Signing you up now.", "Checking with the club whether you have the place."),
        "nb": ("Melder deg på nå.", "Undersøker hos klubben om du har fått plassen."),
    }
    said = [_next(booking, booking.opening_at + timedelta(seconds=after_s)) for after_s in (5, 60)]
    assert tuple(said) == expected[language]


def test_a_failure_says_why(language: str) -> None:
    booking, _ = a_request()
    for change in (scheduled, claimed, failed):
        booking, _ = change(booking)
    expected = {"en": "Failed: the session was full.", "nb": "Mislyktes: timen var full."}
    assert _next(booking, NOW) == expected[language]


def _after(*changes: Callable[[Booking], Change]) -> Booking:
    booking, _ = a_request()
    for change in changes:
        booking, _ = change(booking)
    return booking


def _full(booking: Booking) -> Change:
    return booking.found_full(WAIT.until, NOTHING_SENT, Outcome(), OPENING)


@pytest.mark.parametrize(
    ("wish", "now", "english", "norwegian"),
    [
        (
            WaitingWish(),
            "2026-11-24 12:00",
            "The session is full. We look for a freed place until Wednesday 25 November 2026 at 18:00.",
            "Timen er full. Vi ser etter en ledig plass til onsdag 25. november 2026 kl. 18:00.",
        ),
        (
            WaitingWish(notice_min=90),
            "2026-11-25 16:29",
            "The session is full. We look for a freed place until Wednesday 25 November 2026 at 16:30.",
            "Timen er full. Vi ser etter en ledig plass til onsdag 25. november 2026 kl. 16:30.",
        ),
        (
            WaitingWish(notice_min=90),
            "2026-11-25 16:31",
            "The session is full, and it is too late now to take a freed place.",
            "Timen er full, og nå er det for sent å ta en ledig plass.",
        ),
        (
            WaitingWish(quiet=QuietHours(from_hour=22, until_hour=7)),
            "2026-11-24 06:59",
            "The session is full. In your quiet hours, a freed place is left to others.",
            "Timen er full. I stilletiden din går en ledig plass til andre.",
        ),
    ],
)
def test_who_waits_is_told_until_when_and_when_not(
    language: str, wish: WaitingWish, now: str, english: str, norwegian: str
) -> None:
    booking = _after(scheduled, claimed, _full).model_copy(update={"waiting": wish})
    at = datetime.fromisoformat(now).replace(tzinfo=OSLO)
    assert _next(booking, at) == (english if language == "en" else norwegian)


def test_a_try_for_a_freed_place_is_told_and_a_try_without_an_end_is_in_doubt(language: str) -> None:
    booking = _after(scheduled, claimed, _full, lambda it: it.tried("one", NTNUI_TENNIS, OPENING))
    assert booking.claim is not None
    expected = {
        "en": ("A place seems to be free: trying to get it for you.", "Checking with the club whether you"),
        "nb": ("Det ser ut til å være en ledig plass: prøver å få den til deg.", "Undersøker hos klubben om du har"),
    }[language]
    assert _next(booking, booking.claim.until - timedelta(seconds=1)) == expected[0]
    assert _next(booking, booking.claim.until).startswith(expected[1])


def _asked(booking: Booking) -> Change:
    wish = WaitingWish(ask_min=15)
    return booking.model_copy(update={"waiting": wish}).offered(OPENING)


@pytest.mark.parametrize(
    ("answer", "after_min", "status", "english", "norwegian"),
    [
        (None, 14, "Your answer is needed", "A place is free: do you want it?", "En plass er ledig: vil du ha den?"),
        (None, 15, "Waiting", "You did not answer in time", "Du svarte ikke i tide"),
        (True, 1, "Waiting", "You said that you want the free place", "Du har sagt at du vil ha den ledige plassen"),
        (False, 1, "Waiting", "You left the free place to the next", "Du lot den ledige plassen gå til den neste"),
    ],
)
def test_who_is_asked_first_is_told_how_that_stands(
    language: str, answer: bool | None, after_min: int, status: str, english: str, norwegian: str
) -> None:
    booking, now = _after(scheduled, claimed, _full, _asked), OPENING + timedelta(minutes=after_min)
    if answer is not None:
        booking, _ = booking.answered(OPENING, wants_it=answer)
    step = words.next_step(booking, OSLO, now)
    assert str(step.text).startswith(english if language == "en" else norwegian)
    assert (step.until is not None) == (status == "Your answer is needed") == standing.is_asked(booking, now)
    assert language == "nb" or str(words.status(booking, now)) == status
    assert language == "nb" or str(words.state(booking)) == "Waiting"


@pytest.mark.parametrize("reason", LetGoReason)
def test_what_was_given_up_for_another_says_so_however_it_ended(language: str, reason: LetGoReason) -> None:
    why = LetGo(because="b-2", reason=reason)
    cancelled = _after(scheduled, lambda it: it.let_go_for(why, NOW))
    asked = _after(scheduled, claimed, booked, lambda it: it.let_go_for(why, OPENING))
    withdrawn, _ = asked.withdrawn(OPENING, NOTHING_SENT, Outcome(), OPENING)
    assert asked.let_go == why
    told = {_next(cancelled, NOW), _next(withdrawn, OPENING)}
    own = {str(words.next_step(_in_state(state), OSLO, NOW).text) for state in (State.CANCELLED, State.WITHDRAWN)}
    assert len(told) == 2
    assert not told & own
    assert str(words.why_let_go(why)) == _next(cancelled, NOW)


def _being_cancelled() -> Booking:
    return _after(scheduled, claimed, lambda it: it.granted("one", RULES, NOW), lambda it: it.cancelled(NOW))


def test_a_wish_to_cancel_is_told_until_it_is_settled(language: str) -> None:
    booking = _being_cancelled()
    expected = {
        "en": "Being cancelled: finding out whether the club has taken you.",
        "nb": "Avbestilles: undersøker om klubben har meldt deg på.",
    }[language]
    assert _next(booking, OPENING) == expected
    assert str(words.status(booking, OPENING)) == {"en": "Being cancelled", "nb": "Avbestilles"}[language]
    settled, _ = booking.called_off(NOTHING_SENT, Outcome(), OPENING)
    assert _next(settled, OPENING) == {"en": "You cancelled this booking.", "nb": "Du avbestilte."}[language]


@pytest.mark.parametrize("state", sorted(set(State) - FINAL - {State.BOOKED}))
def test_before_cancelling_every_state_says_what_that_does(language: str, state: State) -> None:
    assert standing.may_be_cancelled(_in_state(state))
    assert str(words.before_cancelling(_in_state(state)))


def test_a_place_that_is_given_back_is_told_to_the_end(language: str) -> None:
    asked = _after(scheduled, claimed, booked, lambda it: it.withdrawal_asked(OPENING))
    failed, _ = asked.withdrawal_failed(Failure(reason=FailureReason.STILL_SIGNED_UP), NOTHING_SENT, Outcome(), OPENING)
    gone, _ = asked.withdrawn(OPENING, NOTHING_SENT, Outcome(), OPENING)
    expected = {
        "en": (
            "Giving your place back at the club…",
            "Your place could not be given back: the club still shows you as signed up.",
            "You gave your place back: the club's own page does not show you any more.",
        ),
        "nb": (
            "Melder deg av hos klubben…",
            "Du kunne ikke meldes av: klubben viser deg fortsatt som påmeldt.",
            "Du meldte deg av: klubbens egen side viser deg ikke lenger.",
        ),
    }[language]
    assert tuple(_next(it, OPENING) for it in (asked, failed, gone)) == expected
    assert [standing.is_moving(it) for it in (asked, failed, gone)] == [True, False, False]


@pytest.mark.parametrize("reason", FailureReason)
def test_no_failure_to_give_back_is_without_advice(language: str, reason: FailureReason) -> None:
    asked = _after(scheduled, claimed, booked, lambda it: it.withdrawal_asked(OPENING))
    assert str(words.advice(asked)) == ""
    failed, _ = asked.withdrawal_failed(Failure(reason=reason), NOTHING_SENT, Outcome(), OPENING)
    assert str(words.advice(failed))


def test_advice_on_a_full_session_knows_whether_somebody_waited(language: str) -> None:
    at_once, after_waiting = _after(scheduled, claimed, failed), _after(scheduled, claimed, _full, failed)
    assert str(words.advice(at_once)) == str(words.FAILURES[FailureReason.FULL].advice)
    assert str(words.advice(after_waiting)).startswith({"en": "We waited", "nb": "Vi ventet"}[language])


def test_a_place_can_be_given_back_until_the_session_starts() -> None:
    booking = _after(scheduled, claimed, booked)
    start = starts_at(booking.session, OSLO)
    assert standing.may_be_given_back(booking, OSLO, start - timedelta(seconds=1))
    assert not standing.may_be_given_back(booking, OSLO, start)
    assert not standing.may_be_given_back(_after(scheduled, claimed, _full), OSLO, OPENING)


@pytest.mark.parametrize(
    ("notice_min", "english", "norwegian"),
    [
        (0, "the start", "start"),
        (60, "1 hour before the start", "1 time før start"),
        (90, "1.5 hours before the start", "1,5 timer før start"),
        (1440, "24 hours before the start", "24 timer før start"),
    ],
)
def test_a_notice_is_told_in_hours(language: str, notice_min: int, english: str, norwegian: str) -> None:
    assert dates.before_start(notice_min) == (english if language == "en" else norwegian)


def test_how_often_the_club_is_looked_at_is_told_in_seconds(language: str) -> None:
    expected = {"en": ("every 1 second", "every 2.5 seconds"), "nb": ("hvert 1. sekund", "hvert 2,5. sekund")}
    assert (dates.each(1.0), dates.each(2.5)) == expected[language]


@pytest.mark.parametrize(
    ("left_s", "english", "norwegian"),
    [
        (2 * 86_400 + 3 * 3_600 + 59, "in 2 d 3 h", "om 2 d 3 t"),
        (86_400, "in 1 d 0 h", "om 1 d 0 t"),
        (86_399, "in 23 h 59 min", "om 23 t 59 min"),
        (61, "in 1 min 1 s", "om 1 min 1 s"),
        (9.9, "in 9 s", "om 9 s"),
        (0.5, "now", "nå"),
        (-5, "now", "nå"),
    ],
)
def test_a_countdown_names_its_two_largest_units(language: str, left_s: float, english: str, norwegian: str) -> None:
    expected = english if language == "en" else norwegian
    assert dates.countdown(NOW + timedelta(seconds=left_s), NOW) == expected


def test_times_are_those_of_the_club_on_both_sides_of_a_change_of_the_clocks(language: str) -> None:
    summer, winter = datetime(2026, 10, 24, 16, 0, tzinfo=UTC), datetime(2026, 10, 25, 17, 0, 5, tzinfo=UTC)
    assert (
        dates.local_time(summer, OSLO)
        == {
            "en": "Saturday 24 October 2026 at 18:00",
            "nb": "Lørdag 24. oktober 2026 kl. 18:00",
        }[language]
    )
    assert dates.local_time(winter, OSLO).endswith(" 18:00:05")


def test_a_day_names_its_year_only_when_it_is_another_one(language: str) -> None:
    session = Session(timeid=65, start=datetime(2026, 12, 1, 9, 0))
    assert dates.session_day(session, NOW) == {"en": "Tuesday 1 December", "nb": "Tirsdag 1. desember"}[language]
    assert dates.session_day(session, NOW.replace(year=2027)).endswith("2026")
    assert dates.session_hours(session) == "09:00\N{EN DASH}10:00"


def test_figures_are_written_in_the_readers_way(language: str) -> None:
    expected = {"en": ("-1.5 ms", "+9,999.0 ms", "-90.0 s"), "nb": ("-1,5 ms", "+9 999,0 ms", "-90,0 s")}[language]
    written = tuple(dates.since_opening(ms) for ms in (-1.5, 9_999, -90_000.4))
    plain = {ord("\N{NO-BREAK SPACE}"): " ", ord("\N{MINUS SIGN}"): "-"}
    assert tuple(text.translate(plain) for text in written) == expected


@pytest.mark.parametrize(
    ("reading", "english", "norwegian"),
    [
        (
            ClockReading(offset_ms=1370.2, bound_ms=1.2, round_trip_ms=9, probes=9),
            "1.370 s ahead of ours, within 1.2 ms (9 answers)",
            "1,370 s foran vår, pluss/minus 1,2 ms (9 svar)",
        ),
        (
            ClockReading(offset_ms=-4200, bound_ms=12, round_trip_ms=9, probes=1),
            "4.200 s behind ours, within 12.0 ms (1 answer)",
            "4,200 s etter vår, pluss/minus 12,0 ms (1 svar)",
        ),
        (
            ClockReading(offset_ms=-20.04, bound_ms=1.2, round_trip_ms=9, probes=0),
            "20.0 ms behind ours, within 1.2 ms (from earlier)",
            "20,0 ms etter vår, pluss/minus 1,2 ms (fra før)",
        ),
        (
            ClockReading(offset_ms=0, bound_ms=1000, round_trip_ms=0, probes=0),
            "Not measured: taken to be as ours, give or take 1,000.0 ms",
            "Ikke målt: regnet som lik vår, pluss/minus 1 000,0 ms",
        ),
    ],
)
def test_the_clubs_clock_is_told_with_its_bound(
    language: str, reading: ClockReading, english: str, norwegian: str
) -> None:
    expected = english if language == "en" else norwegian
    assert dates.clock_difference(reading).replace("\N{NO-BREAK SPACE}", " ") == expected


def test_a_plan_tells_when_each_sign_up_was_to_be_sent(language: str) -> None:
    several = Plan(basis=PlanBasis.MEASURED, shots_ms=(-12.34, 0, 1500), uncertain_ms=8.4)
    expected = {
        "en": ("3 sign-ups at -12.3 ms, +0.0 ms, +1,500.0 ms", "1 sign-up at -12.3 ms"),
        "nb": ("3 påmeldinger ved -12,3 ms, +0,0 ms, +1 500,0 ms", "1 påmelding ved -12,3 ms"),
    }[language]
    single = several.model_copy(update={"shots_ms": (-12.34,)})
    plain = {ord("\N{NO-BREAK SPACE}"): " ", ord("\N{MINUS SIGN}"): "-"}
    assert tuple(dates.planned_sign_ups(plan).translate(plain) for plan in (several, single)) == expected


def _seeking(**more: object) -> Booking:
    booking, _ = a_request()
    return booking.model_copy(update={"fixed": True, **more})


def test_a_fixed_place_has_words_of_its_own_until_it_is_raced_for(language: str) -> None:
    said = {
        "en": ("Confirms your fixed place:", "Confirms your fixed place in a moment."),
        "nb": ("Bekrefter den faste plassen din:", "Bekrefter den faste plassen din om et øyeblikk."),
    }[language]
    for booking in (_seeking(), _seeking(state=State.SCHEDULED), _seeking(state=State.SIGNING_UP)):
        ahead = words.next_step(booking, OSLO, NOW)
        assert (str(ahead.text), ahead.until) == (said[0], booking.opening_at)
        assert _next(booking, booking.opening_at + timedelta(seconds=5)) == said[1]


def test_where_there_is_no_fixed_place_it_is_planned_as_any_other(language: str) -> None:
    booking = _seeking(state=State.SIGNING_UP, no_fixed_place=True)
    planned = _in_state(State.SCHEDULED)
    assert words.next_step(booking, OSLO, NOW) == words.next_step(planned, OSLO, NOW)
    assert str(words.status(booking, NOW)) == str(words.status(planned, NOW))
    assert str(words.before_cancelling(booking)) == str(words.before_cancelling(planned))


def test_a_confirmation_that_is_silent_for_long_is_in_doubt(language: str) -> None:
    booking = claimed(scheduled(_seeking())[0])[0]
    later = max(booking.opening_at, booking.changed_at) + timedelta(minutes=1)
    assert (
        _next(booking, later)
        == {
            "en": "Checking with the club whether you have the place.",
            "nb": "Undersøker hos klubben om du har fått plassen.",
        }[language]
    )
