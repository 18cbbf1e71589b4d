"""What others wrote is text on every page and in every answer, whatever is in it: names, reasons, a club's words."""

import html
import re
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from icalendar import Calendar
from support.accounts import come_in
from support.api_site import ClubBeside, Site, Visitor, api_settings, open_site, words
from support.dead_letters import publish_and_give_up
from support.every_page import PLACES, Place, Reader
from support.hostile import HOSTILE, SOURCES, broken_out, hostile, shown_by
from support.programs import Program, make_token
from support.stage import LANGUAGES, Played, staged
from werkzeug.test import TestResponse

from practice_club.orders import NewSession

# The stage is set up once: it takes as long as all that is looked at.
pytestmark = pytest.mark.xdist_group("hostile texts on pages")


@dataclass(frozen=True)
class Shown:
    """Every page with such texts, as it was answered, by language and place."""

    site: Site
    played: Mapping[str, Played]
    visitors: Mapping[str, Mapping[Reader, Visitor]]
    answers: Mapping[tuple[str, Place], TestResponse]


@pytest.fixture(scope="module")
def shown(started_club: ClubBeside, tmp_path_factory: pytest.TempPathFactory) -> Generator[Shown]:
    started_club.reset()
    directory = Path(tmp_path_factory.mktemp("data"))
    with open_site(api_settings(directory, started_club.rules())) as site:
        played = staged(site.ports, started_club, HOSTILE)
        publish_and_give_up(directory, hostile("dead letter"))
        visitors = {language: _visitors(site, language, played[language]) for language in LANGUAGES}
        answers = {
            (language, place): visitors[language][place.reader].get(played[language].path(place))
            for language in LANGUAGES
            for place in PLACES
        }
        yield Shown(site, played, visitors, answers)


def _visitors(site: Site, language: str, played: Played) -> Mapping[Reader, Visitor]:
    found: dict[Reader, Visitor] = {}
    for reader in Reader:
        found[reader] = site.visitor(language)
        if email := played.emails.get(reader):
            assert found[reader].sign_in(email).status_code == 200, reader
    return found


def test_no_page_takes_them_for_anything_but_text(shown: Shown) -> None:
    for (language, place), answer in shown.answers.items():
        assert answer.status_code == 200, (language, place.name, words(answer))
        assert broken_out(answer.text) == [], (language, place.name)
        assert "javascript:" not in answer.text.lower(), place.name
    seen = {source for answer in shown.answers.values() for source in shown_by(html.unescape(answer.text))}
    assert set(SOURCES) - seen == set(), "each of them is on some page, or nothing is shown by this"


def test_nor_does_a_part_of_a_page_that_a_script_puts_in_its_place(shown: Shown) -> None:
    for language in LANGUAGES:
        visitor, there = shown.visitors[language][Reader.MEMBER], shown.played[language].there
        for path in ("/live", *(f"/bookings/{there[one]}/live" for one in ("planned", "booked", "failed", "asked"))):
            answer = visitor.get(path)
            assert answer.status_code == 200, path
            assert broken_out(answer.text) == [], path
        assert "failure" in shown_by(html.unescape(visitor.get(f"/bookings/{there['failed']}/live").text))


def test_every_page_is_sent_with_all_that_keeps_it_safe(shown: Shown) -> None:
    """Whatever breaks out all the same runs no script, is framed by nobody, and stays on no shared computer."""
    for (_, place), answer in shown.answers.items():
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; "), place.name
        assert policy.endswith("; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"), place.name
        assert "unsafe" not in policy
        assert answer.headers.get("X-Frame-Options") == "DENY", place.name
        assert answer.headers.get("X-Content-Type-Options") == "nosniff", place.name
        assert answer.headers.get("Cache-Control") == "no-store", place.name
        assert "Cookie" in answer.headers["Vary"], place.name
        assert answer.headers.get("Referrer-Policy") in {"same-origin", "strict-origin"}, place.name


def test_no_page_has_a_script_or_a_style_inside(shown: Shown) -> None:
    for (_, place), answer in shown.answers.items():
        tags = re.findall(r"<[a-zA-Z][^>]*>", answer.text)
        assert not [one for one in tags if re.match(r"<(style|iframe|object|embed|base)\b", one)], place.name
        assert not [one for one in tags if re.search(r"\s(on\w+|style|srcdoc)\s*=", one)], place.name
        scripts = [one for one in tags if one.startswith("<script")]
        assert all(re.search(r'\ssrc="/[^/"]', one) for one in scripts), (place.name, scripts)


def _texts(told: object) -> Iterator[str]:
    """All texts of a JSON value."""
    match told:
        case str():
            yield told
        case dict() | list():
            for one in told.values() if isinstance(told, dict) else told:  # pyright: ignore[reportUnknownVariableType]
                yield from _texts(one)  # pyright: ignore[reportUnknownArgumentType]
        case _:
            pass


def test_programs_are_told_them_as_json(shown: Shown) -> None:
    """Theirs it is to show them as text, and nobody takes the answer itself for a page."""
    site, email = shown.site, shown.played["en"].emails[Reader.MEMBER]
    program = Program(site, make_token(site, email))
    seen: set[str] = set()
    for path in ("/bookings", "/groups", "/channels", "/series", "/me"):
        answer = program.get(path)
        assert (answer.status_code, answer.content_type) == (200, "application/json"), path
        assert answer.headers.get("X-Content-Type-Options") == "nosniff"
        seen |= shown_by("\n".join(_texts(answer.get_json())))
    assert {"group", "friend", "channel", "failure"} <= seen


def test_a_calendar_has_no_line_that_a_text_has_made(club: ClubBeside, tmp_path: Path, email: str) -> None:
    rules = club.rules().model_copy(
        update={"name": "Klubben\r\nATTACH:https://evil.example/\r\nX-A:b", "address": "Gata 1\nATTENDEE:mailto:a@b.c"}
    )
    with open_site(api_settings(tmp_path, rules)) as site:
        visitor, _ = come_in(site, email)
        visitor.book(club.add_session(NewSession(opens_in_s=86_370))[1])
        found = re.search(r'value="http://localhost(/calendar/[^"]+)"', visitor.post("/settings/calendar", {}).text)
        assert found
        feed = site.visitor().get(found[1])
    lines = feed.data.replace(b"\r\n ", b"").split(b"\r\n")
    assert b"\n" not in b"".join(lines)
    assert not [one for one in lines if re.match(rb"(ATTACH|X-A|ATTENDEE)\b", one)]
    (event,) = Calendar.from_ical(feed.data).walk("VEVENT")  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] (it tells half of its types)
    assert "ATTACH:https://evil.example/" in str(event["SUMMARY"])


# Of each kind of what could be taken for a number, a date, an id or a path, what no field expects.
ODD = (
    "9" * 25,
    "-1",
    "\0",
    "A" * 5000,
    "9999-12-31",
    "0001-01-01",
    "NaN",
    "../../x",
    "%2e%2e",
    "\N{FULLWIDTH DIGIT ONE}",
)


def _forms(shown: Shown) -> Mapping[tuple[Reader, str], dict[str, str]]:
    """Each form of every page, by who sees it and where it goes: its fields, with what the page has written there."""
    found: dict[tuple[Reader, str], dict[str, str]] = {}
    for (language, place), answer in shown.answers.items():
        for head, body in (
            re.findall(r"<form\b([^>]*)>(.*?)</form>", answer.text, re.DOTALL) if language == "en" else ()
        ):
            goes = re.search(r'action="([^"]*)"', head)
            path = html.unescape(goes[1]) if goes else answer.request.path
            for name, said in re.findall(r'<(?:input|select|textarea)\b[^>]*\bname="([^"]+)"([^>]*)', body):
                value = re.search(r'\bvalue="([^"]*)"', said)
                found.setdefault((place.reader, path), {})[name] = html.unescape(value[1]) if value else "1"
    return found


def test_no_form_fails_for_what_is_written_into_it(shown: Shown) -> None:
    """What is odd is refused in words, and nowhere taken for a mistake of ours."""
    # These end what the others need, and logging in at the club or here is limited.
    ends = re.compile(r"/sign-out|/sign-in|/register|/forgotten|leave|end|/settings/(club-)?password|revoke")
    tried = 0
    for (reader, path), fields in _forms(shown).items():
        if ends.search(path):
            continue
        for number, name in enumerate(sorted({*fields} - {"csrf_token"})):
            # Each field gets some of them, and all fields together each of them.
            for odd in ODD[number % 2 :: 2]:
                answer = shown.visitors["en"][reader].post(path, {**fields, name: odd}, follow=False)
                assert answer.status_code < 500, (path, name, odd)
                assert "The form was too old" not in answer.text, path
                tried += 1
    assert tried > 300
