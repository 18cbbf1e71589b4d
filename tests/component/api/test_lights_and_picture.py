"""How far a run has come, and the timeline as a picture, on the pages."""

import re
from datetime import timedelta

from support.api_site import HOLDER, NOTHING_SENT, Site, Visitor, claim, win, words

from autotennis.domain.booking import Outcome
from autotennis.domain.progress import Reached, Stage
from autotennis.values import Action, Attempt, Failure, FailureReason, Verdict, VerdictKind


def reach(site: Site, booking_id: str, stage: Stage) -> None:
    now = site.ports.clock.now()
    site.ports.store.change(booking_id, lambda it: it.progressed(HOLDER, (Reached(stage=stage, at=now),), now))


def lights(visitor: Visitor, path: str) -> list[str]:
    text = visitor.get(path).text
    found = re.search(r'<ol class="lights">(.*?)</ol>', text, re.DOTALL)
    items = re.findall(r"<li.*?</li>", found[1], re.DOTALL) if found else []
    return [re.sub(r"\s+", " ", re.sub("<[^>]*>", " ", re.sub(r"\d\d:\d\d:\d\d", "T", one))).strip() for one in items]


def test_a_wish_that_nobody_has_planned_has_no_lights(member: Visitor, booking_id: str) -> None:
    assert lights(member, f"/bookings/{booking_id}") == []


def test_what_was_reached_is_lit_and_what_is_to_come_is_not(site: Site, member: Visitor, booking_id: str) -> None:
    claim(site.ports, booking_id)
    reach(site, booking_id, Stage.LOGGED_IN)
    expected = [
        "✓ The opening is in our calendar T",
        "✓ Logged in at the club T",
        "○ The club's clock is measured (not yet)",
        "○ The sign-up is sent (not yet)",
        "○ The club's page shows you (not yet)",
    ]
    assert [one.replace("&#39;", "'") for one in lights(member, f"/bookings/{booking_id}")] == expected
    assert [one.replace("&#39;", "'") for one in lights(member, "/")] == expected


def test_of_what_is_over_only_what_was_reached_is_shown(site: Site, member: Visitor, booking_id: str) -> None:
    claim(site.ports, booking_id)
    now = site.ports.clock.now()
    failure = Failure(reason=FailureReason.CLUB_UNREACHABLE)
    site.ports.store.change(booking_id, lambda it: it.failed(failure, NOTHING_SENT, Outcome(), now))
    assert lights(member, f"/bookings/{booking_id}") == ["✓ The opening is in our calendar T"]


def test_an_open_session_has_no_light_that_cannot_be_lit(site: Site, member: Visitor, booking_id: str) -> None:
    claim(site.ports, booking_id)
    # Its opening lies before the asking.
    site.ports.store.change(
        booking_id, lambda it: (it.model_copy(update={"opening_at": it.created_at - timedelta(minutes=1)}), ())
    )
    assert not any("clock" in one for one in lights(member, f"/bookings/{booking_id}"))


def test_the_picture_says_what_the_table_says(site: Site, member: Visitor, booking_id: str) -> None:
    kinds = ((Action.LOG_IN, -90_000.0, VerdictKind.LOGGED_IN), (Action.SIGN_UP, -1.5, VerdictKind.NOT_OPEN))
    timeline = tuple(
        Attempt(action=action, sent_ms=sent, latency_ms=20.0, verdict=Verdict(kind=kind))
        for action, sent, kind in kinds
    )
    claim(site.ports, booking_id)
    win(site.ports, booking_id, outcome=Outcome(timeline=timeline))
    page = member.get(f"/bookings/{booking_id}")
    picture = page.text[page.text.index("<svg") : page.text.index("</svg>")]
    assert 'role="img" aria-labelledby="picture-title picture-told"' in picture
    assert '<title id="picture-title">What was done around the opening</title>' in picture
    assert "2 requests to the club, from" in picture
    assert picture.count('class="took"') == len(timeline)
    assert "Sign-up: Not open yet (20.0" in picture
    assert "style=" not in picture, "the pages' policy forbids it"
    assert "Before the opening" in words(page), "the table stays"


def test_without_requests_there_is_no_picture(member: Visitor, booking_id: str) -> None:
    assert "<svg" not in member.get(f"/bookings/{booking_id}").text
