"""One booking's page, its live part and its download."""

import json
from collections.abc import Sequence
from datetime import timedelta

import pytest
from pydantic import SecretStr
from support.api_site import ClubBeside, Site, Visitor, claim, win, words
from werkzeug.test import TestResponse

from autotennis.domain.booking import Budget, Outcome
from autotennis.values import (
    Action,
    Attempt,
    ClockDoubt,
    ClockReading,
    Failure,
    FailureReason,
    Plan,
    PlanBasis,
    Verdict,
    VerdictKind,
)
from autotennis_api.booking_views import version_of
from practice_club.orders import NewSession

TIMELINE = (
    Attempt(action=Action.LOG_IN, sent_ms=-90_000.4, latency_ms=31.2, verdict=Verdict(kind=VerdictKind.LOGGED_IN)),
    Attempt(action=Action.SIGN_UP, sent_ms=-1.5, latency_ms=28.4, verdict=Verdict(kind=VerdictKind.NOT_OPEN)),
    Attempt(action=Action.SIGN_UP, sent_ms=3.4, latency_ms=27.6, verdict=Verdict(kind=VerdictKind.SIGNED_UP)),
)
CLOCK = ClockReading(
    offset_ms=1370.2,
    bound_ms=2.4,
    round_trip_ms=12.0,
    probes=14,
    doubts=(ClockDoubt.STEPPED, ClockDoubt.SECOND_HAND),
)
PLAN = Plan(basis=PlanBasis.MEASURED, shots_ms=(-1.5, 0.9, 3.4), uncertain_ms=4.9)
OUTCOME = Outcome(timeline=TIMELINE, clock=CLOCK, plan=PLAN)
SENT = Budget(requests=17, sign_ups=2)


def _end_booked(site: Site, booking_id: str, outcome: Outcome = OUTCOME) -> None:
    claim(site.ports, booking_id)
    win(site.ports, booking_id, SENT, outcome)


def _told(answer: TestResponse) -> str:
    """What a reader sees, with plain blanks and minus signs."""
    return words(answer).translate({ord("\N{NO-BREAK SPACE}"): " ", ord("\N{MINUS SIGN}"): "-"})


def _end_failed(site: Site, booking_id: str, reason: FailureReason) -> None:
    now = site.ports.clock.now()
    claim(site.ports, booking_id)
    site.ports.store.change(booking_id, lambda it: it.failed(Failure(reason=reason), SENT, OUTCOME, now))


def test_a_planned_booking_shows_what_comes_next(member: Visitor, booking_id: str) -> None:
    shown = words(member.get(f"/bookings/{booking_id}"))
    assert "Planned Signs you up when it opens: in 23 h 59 min" in shown
    assert "Cancel this booking" in shown
    for absent in ("The club's clock", "The plan", "What was done"):
        assert absent not in shown


def test_a_booking_that_is_being_signed_up_says_so(site: Site, member: Visitor, booking_id: str) -> None:
    claim(site.ports, booking_id)
    shown = words(member.get(f"/bookings/{booking_id}"))
    assert "Signing up Getting ready at the club. It opens: in 23 h 59 min" in shown


def test_a_booked_one_shows_its_proof_and_its_timeline(site: Site, member: Visitor, booking_id: str) -> None:
    _end_booked(site, booking_id)
    answer = member.get(f"/bookings/{booking_id}")
    shown = _told(answer)
    for told in (
        "Booked You have a place: the club's own page shows it.",
        "Seen on the club's page",
        "The club's clock 1.370 s ahead of ours, within 2.4 ms (14 answers) ",
        "17, of which 2 asked for a place",
        "Before the opening -90.0 s Log-in Logged in 31.2 ms -1.5 ms Sign-up Not open yet 28.4 ms",
        "After the opening +3.4 ms Sign-up You are signed up 27.6 ms",
    ):
        assert told in shown
    assert "data-live" not in answer.text


def test_what_was_strange_about_the_clubs_clock_is_said_beside_it(site: Site, member: Visitor, booking_id: str) -> None:
    _end_booked(site, booking_id)
    doubts = (
        "It jumped between two of our readings. Some answers came from a cache on the way: their times do not count."
    )
    assert f"(14 answers) {doubts} The plan" in _told(member.get(f"/bookings/{booking_id}"))


def test_the_plan_says_when_why_and_how_sure_it_was(site: Site, member: Visitor, booking_id: str) -> None:
    _end_booked(site, booking_id)
    assert (
        "The plan 3 sign-ups at -1.5 ms, +0.9 ms, +3.4 ms, counted from the opening "
        "It rests on what was measured just before the opening. "
        "The right instant to send lay somewhere within 4.9 ms. "
    ) in _told(member.get(f"/bookings/{booking_id}"))


def test_so_does_a_norwegian_page(site: Site, member: Visitor, booking_id: str) -> None:
    _end_booked(site, booking_id)
    member.post("/language", {"language": "nb", "back": "/"})
    shown = _told(member.get(f"/bookings/{booking_id}"))
    for told in (
        "1,370 s foran vår, pluss/minus 2,4 ms (14 svar) Den hoppet mellom to av avlesningene våre.",
        "3 påmeldinger ved -1,5 ms, +0,9 ms, +3,4 ms, regnet fra åpningen Den bygger på det som ble målt",
        "Før åpningen -90,0 s Innlogging",
        "Etter åpningen +3,4 ms Påmelding",
    ):
        assert told in shown


def test_a_plan_without_sign_ups_and_without_uncertainty_shows_what_it_has(
    site: Site, member: Visitor, booking_id: str
) -> None:
    at_once = Plan(basis=PlanBasis.AT_ONCE, shots_ms=(), uncertain_ms=0)
    _end_booked(site, booking_id, OUTCOME.model_copy(update={"plan": at_once}))
    shown = _told(member.get(f"/bookings/{booking_id}"))
    assert "The plan At once: there was nothing to wait for. Requests to the club" in shown


def test_where_it_is_tried_before_the_opening_nothing_is_counted_from_that(
    site: Site, club: ClubBeside, member: Visitor
) -> None:
    regular = club.add_member("oddny.skarvik@example.org")
    session, link = club.add_session(NewSession(opens_in_s=86_400, capacity=1, regulars=(regular.id,)))
    club.do(lambda it: it.decline(session))
    booking_id = member.book(link)
    at_once = Plan(basis=PlanBasis.AT_ONCE, shots_ms=(120.3,), uncertain_ms=0)
    _end_booked(site, booking_id, Outcome(timeline=TIMELINE[2:], plan=at_once))
    shown = _told(member.get(f"/bookings/{booking_id}"))
    assert "1 sign-up at +120.3 ms, counted from when we began to try At once: there was nothing to wait for." in shown
    assert "Took +3.4 ms Sign-up" in shown
    assert "counted from the opening" not in shown


def test_a_race_without_clock_plan_and_attempts_shows_nothing_of_them(
    site: Site, member: Visitor, booking_id: str
) -> None:
    _end_booked(site, booking_id, Outcome())
    shown = _told(member.get(f"/bookings/{booking_id}"))
    for absent in ("The club's clock", "The plan", "What was done", "Before the opening", "After the opening"):
        assert absent not in shown


def test_attempts_on_one_side_of_the_opening_have_only_that_part(site: Site, member: Visitor, booking_id: str) -> None:
    _end_booked(site, booking_id, Outcome(timeline=TIMELINE[:2]))
    shown = _told(member.get(f"/bookings/{booking_id}"))
    assert "Before the opening" in shown
    assert "After the opening" not in shown


@pytest.mark.parametrize("reason", FailureReason)
def test_a_failed_one_says_why_and_what_to_do(
    site: Site, member: Visitor, booking_id: str, reason: FailureReason
) -> None:
    _end_failed(site, booking_id, reason)
    answer = member.get(f"/bookings/{booking_id}")
    assert "Failed Failed: " in words(answer)
    assert '<p class="advice">' in answer.text


def test_the_door_code_is_one_tap_away_on_the_page_of_who_is_booked(
    site: Site, member: Visitor, booking_id: str
) -> None:
    owner = site.ports.store.booking(booking_id).member_id
    site.ports.vault.put(owner, f"door-code/{booking_id}", SecretStr("Kode for tilgang til bygget: 8520#"))
    assert "8520#" not in member.get(f"/bookings/{booking_id}").text
    _end_booked(site, booking_id)
    page = member.get(f"/bookings/{booking_id}").text
    inside = page.split('<details class="door">')[1].split("</details>")[0]
    assert "8520#" in inside
    assert page.count("8520#") == 1
    for mine in ("/", "/live"):
        listed = member.get(mine).text
        assert "8520#" in listed.split('<details class="door">')[1].split("</details>")[0]
        assert listed.count("8520#") == 1
    assert "8520#" not in member.get(f"/bookings/{booking_id}.json").text


def test_the_live_part_is_sent_only_when_it_has_changed(site: Site, member: Visitor, booking_id: str) -> None:
    page = member.get(f"/bookings/{booking_id}").text
    version = page.split('data-version="')[1].split('"')[0]
    headers = {"If-None-Match": f'"{version}"'}
    assert member.get(f"/bookings/{booking_id}/live", headers).status_code == 304
    _end_booked(site, booking_id)
    news = member.get(f"/bookings/{booking_id}/live", headers)
    assert news.status_code == 200
    assert "You have a place" in words(news)
    assert "data-settled" in news.text
    assert "<html" not in news.text


def test_so_is_that_of_the_list(site: Site, member: Visitor, booking_id: str) -> None:
    version = member.get("/").text.split('data-version="')[1].split('"')[0]
    assert member.get("/live", {"If-None-Match": f'"{version}"'}).status_code == 304
    _end_failed(site, booking_id, FailureReason.FULL)
    assert "Failed: the session was full." in words(member.get("/live", {"If-None-Match": f'"{version}"'}))


def test_news_are_also_what_is_said_of_a_state_that_stays(site: Site, member: Visitor, booking_id: str) -> None:
    claim(site.ports, booking_id)
    version = _version_after_opening(site, booking_id, timedelta(seconds=5))
    assert _version_after_opening(site, booking_id, timedelta(seconds=6)) == version
    assert _version_after_opening(site, booking_id, timedelta(seconds=60)) != version


def _version_after_opening(site: Site, booking_id: str, after: timedelta) -> str:
    booking = site.ports.store.booking(booking_id)
    with site.app.test_request_context():
        return version_of([booking], booking.opening_at + after)


def test_a_booking_can_be_kept_as_json(site: Site, member: Visitor, booking_id: str) -> None:
    _end_booked(site, booking_id)
    answer = member.get(f"/bookings/{booking_id}.json")
    assert answer.mimetype == "application/json"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="booking-{booking_id}.json"'
    kept = json.loads(answer.data)
    booking = site.ports.store.booking(booking_id)
    assert kept["state"] == "booked"
    assert kept["starts_local"] == booking.session.start.isoformat()
    assert kept["zone"] == "Europe/Oslo"
    assert kept["seen"] == {"place": "Nordhallen", "court": "Bane 1", "level": "M", "activity": "tennis"}
    assert [one["sent_ms"] for one in kept["timeline"]] == [-90_000.4, -1.5, 3.4]
    assert kept["clock"]["doubts"] == ["stepped", "second_hand"]
    assert kept["plan"] == {"basis": "measured", "shots_ms": [-1.5, 0.9, 3.4], "uncertain_ms": 4.9}
    assert "claim" not in kept
    assert "member_id" not in kept


def test_the_list_has_what_comes_first_and_what_is_over_last(site: Site, club: ClubBeside, member: Visitor) -> None:
    later = member.book(club.add_session(NewSession(opens_in_s=2 * 86_400))[1])
    sooner = member.book(club.add_session(NewSession(opens_in_s=86_400))[1])
    gone = member.book(club.add_session(NewSession(opens_in_s=3 * 86_400))[1])
    member.post(f"/bookings/{gone}/cancel", {})
    page = member.get("/").text
    assert page.index(sooner) < page.index(later) < page.index("Earlier") < page.index(gone)


def test_the_empty_list_teaches_the_first_step(member: Visitor) -> None:
    shown = words(member.get("/"))
    assert "Nothing is planned yet." in shown
    assert "Pick a session of Øvingsklubben" in shown
    assert "See the club's week" in shown


def test_the_opening_is_written_in_the_clubs_local_time(site: Site, member: Visitor, booking_id: str) -> None:
    booking = site.ports.store.booking(booking_id)
    local = booking.session.start - timedelta(hours=72)
    shown = words(member.get(f"/bookings/{booking_id}"))
    assert f"{local:%A} {local.day} {local:%B} {local.year} at {local:%H:%M}" in shown


def test_the_next_opening_comes_first_with_what_will_happen(site: Site, club: ClubBeside, member: Visitor) -> None:
    later = member.book(club.add_session(NewSession(opens_in_s=2 * 86_400))[1])
    session, link = club.add_session(NewSession(opens_in_s=86_370))
    sooner = member.book(link)
    page, opening = member.get("/").text, session.start - timedelta(hours=72)
    card = page.split('<section class="next"')[1].split("</section>")[0]
    assert sooner in card
    assert later not in card
    assert "data-countdown" in card
    assert (
        f"Opens {opening:%a %H:%M}; we sign you up then; if it is full we wait until {session.start:%a %H:%M}." in card
    )
    assert later in page.split("Coming up")[1]
    assert page.count("we sign you up then") == 2
    _end_failed(site, sooner, FailureReason.FULL)
    assert later in member.get("/").text.split('<section class="next"')[1].split("</section>")[0]


@pytest.mark.parametrize(
    ("reason", "ways"),
    [
        (FailureReason.LOGIN_REFUSED, ["/settings#club-password", "/bookings/new?club=practice&amp;timeid="]),
        (FailureReason.SESSION_CANCELLED, ["/week?club=practice"]),
        (FailureReason.CLUB_UNREACHABLE, ["timeinfo.php?timeid=", "/bookings/new?club=practice&amp;timeid="]),
    ],
)
def test_what_failed_can_be_mended_from_the_list(
    site: Site, member: Visitor, booking_id: str, reason: FailureReason, ways: Sequence[str]
) -> None:
    _end_failed(site, booking_id, reason)
    card = member.get("/").text.split('<article class="booking"')[1].split("</article>")[0]
    assert all(way in card for way in ways), card
    assert card.count("mend-") == len(ways)
    if reason is FailureReason.LOGIN_REFUSED:
        assert 'id="club-password"' in member.get("/settings").text
        again = card.split('-again" href="')[1].split('"')[0].replace("&amp;", "&")
        assert "Is this the session?" in words(member.get(again))
