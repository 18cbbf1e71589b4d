"""The club's answers without a socket: encoding, the timetable, the list of free places, who may do what."""

import re
from datetime import datetime, time

import pytest
from pydantic import SecretStr

from practice_club.knobs import HourStyle, Knobs
from practice_club.logins import Logins
from practice_club.model import ClubModel, SessionKey
from practice_club.pages import Pages
from practice_club.people import Member, Slot
from practice_club.session import Session
from practice_club.site import Reply, Site, Visit
from practice_club.times import OSLO, instant_ns
from practice_club.vocabulary import Kind, Level, Verdict

NOW = datetime(2026, 11, 25, 12, 30, tzinfo=OSLO)  # a Wednesday
NOW_NS = instant_ns(NOW)
MEMBER = Member(id=11, email="jorn@practice.invalid", pin=SecretStr("ø1æ2"), name="Jørn Duneskog")
SLOTS = (
    {"timeid": 61, "weekday": 2, "at": time(9), "level": Level.N},
    {"timeid": 62, "weekday": 2, "at": time(18), "level": Level.N_PLUS},
    {"timeid": 63, "weekday": 4, "at": time(9), "level": Level.M, "coach": "Målfrid Skårnes"},
    {"timeid": 64, "weekday": 0, "at": time(20), "level": Level.E},
    {"timeid": 65, "weekday": 5, "at": time(10), "level": Level.M_PLUS, "kind": Kind.DROP_IN},
    {"timeid": 66, "weekday": 3, "at": time(18), "level": Level.P, "kind": Kind.PADEL},
    {"timeid": 67, "weekday": 3, "at": time(22), "level": Level.D},
    {"timeid": 68, "weekday": 6, "at": time(23, 0, 5), "kind": Kind.DROP_IN},
)


class Club:
    """A small club at one instant."""

    def __init__(self, **knobs: object) -> None:
        self.model = ClubModel()
        self.model.add_member(MEMBER)
        for slot in SLOTS:
            self.model.add_slot(Slot.model_validate({"capacity": 2, **slot}))
        pages = Pages(self.model, door_code="0000#")
        self.site = Site(self.model, pages, Logins())
        for part in (pages, self.site):
            part.use(Knobs().turned(knobs))

    def session(self, timeid: int, start: datetime) -> Session:
        return self.model.session(SessionKey(timeid, start))

    def get(self, path: str, query: dict[str, str] | None = None, cookies: dict[str, str] | None = None) -> Reply:
        return self.site.answer(Visit("GET", path, query or {}, cookies or {}), NOW_NS)

    def post(self, form: bytes) -> Reply:
        return self.site.answer(Visit("POST", "/index.php", {"lang": "no"}, {}, form), NOW_NS)

    def log_in(self) -> dict[str, str]:
        reply = self.post(b"email=jorn%40practice.invalid&password=%F81%E62&lang=no&rememberme=on")
        return {cookie.name: cookie.value.replace("%40", "@") for cookie in reply.cookies}


def _cells(body: bytes) -> dict[str, str]:
    """The class of each timeid's first link in the timetable."""
    table = body[body.index(b'id="treningsplan"') :].decode("cp1252")
    found = re.findall(r'<span class="(\w+)"><a href="[^"]*timeid=(\d+)', table)
    return {timeid: css for css, timeid in reversed(found)}


def test_full_means_nothing_to_take_now_in_the_timetable() -> None:
    cells = _cells(Club().get("/index.php").body)
    assert cells["62"] == "ledigtime"
    assert cells["63"] == "ledigtime"
    assert cells["64"] == "fulltime"
    assert cells["65"] == "ledigdropintime"
    assert cells["68"] == "fulldropintime"


def test_past_sessions_are_text_without_a_link() -> None:
    body = Club().get("/index.php").body.decode("cp1252")
    assert '<td class="expired">N</td>' in body
    assert "spilletid=20261125T9:00:00" not in body
    assert "spilletid=20261202T9:00:00&amp;timeid=61" in body


def test_the_timetable_has_eight_days_and_fifteen_hours_and_more_if_needed() -> None:
    body = Club().get("/index.php").body.decode("cp1252")
    header = re.search(r"<tr><th></th>(.*?)</tr>", body)
    assert header is not None
    assert re.findall(r"<th>(.*?)</th>", header[1])[::7] == ["Ons&nbsp;25/11", "Ons&nbsp;2/12"]
    assert re.findall(r"<tr><td>(\d+):00</td>", body) == [str(hour) for hour in range(8, 24)]


def test_the_weeks_ahead_can_be_leafed_through() -> None:
    club = Club()
    body = club.get("/index.php", {"uke": "1"}).body.decode("cp1252")
    assert "index.php?uke=2&amp;lang=no#treningsplan" in body
    assert "spilletid=20261207T20:00:00&amp;timeid=64" in body
    assert club.get("/index.php", {"uke": "odd"}).status == 200


def test_the_list_of_free_places_is_on_every_page_and_has_no_padel_or_division() -> None:
    club = Club()
    for path in ("/", "/index.php", "/timeinfo.php", "/kalender.php", "/glemtpin.php"):
        body = club.get(path).body.decode("cp1252")
        listed = body[body.index('<div id="available_slots">') : body.index('<div id="content">')]
        assert re.findall(r"timeid=(\d+)", listed) == ["62", "63", "65"], path


def test_the_list_follows_every_change() -> None:
    club = Club()
    assert b"timeid=62" in club.get("/kalender.php").body
    evening = club.session(62, datetime(2026, 11, 25, 18, tzinfo=OSLO))
    for _ in range(2):
        club.model.seat(evening, None, NOW_NS)
    assert b"timeid=62" not in club.get("/kalender.php").body


def test_the_list_changes_with_time_alone() -> None:
    club = Club()
    monday = club.session(64, datetime(2026, 11, 30, 20, tzinfo=OSLO))
    opens_ns = monday.opens_ns(club.model.rules)
    visit = Visit("GET", "/kalender.php", {})
    assert b"timeid=64" not in club.site.answer(visit, opens_ns - 1).body
    assert b"timeid=64" in club.site.answer(visit, opens_ns).body


def test_names_are_raw_letters_and_texts_are_entities() -> None:
    club = Club()
    evening = club.session(62, datetime(2026, 11, 25, 18, tzinfo=OSLO))
    evening.seat(MEMBER.id, NOW_NS)
    body = club.get("/timeinfo.php", {"timeid": "62", "spilletid": "20261125T18:00:00"}).body
    assert "Jørn D.".encode("latin-1") in body
    assert b"<td>Niv&aring;:</td>" in body
    with pytest.raises(UnicodeDecodeError):
        body.decode("utf-8")


def test_tips_hold_escaped_html_with_names() -> None:
    club = Club()
    assert b'title="&lt;i&gt;Ingen p&aring;meldt&lt;/i&gt;"' in club.get("/index.php").body
    club.model.seat(club.session(62, datetime(2026, 11, 25, 18, tzinfo=OSLO)), MEMBER.id, NOW_NS)
    tip = 'title="&lt;strong&gt;1/2 reservert:&lt;/strong&gt;&lt;br/&gt;Jørn D.&lt;br/&gt;"'
    assert tip.encode("latin-1") in club.get("/index.php").body


def test_names_can_be_hidden_from_visitors_alone() -> None:
    club = Club(hide_names=True)
    club.model.seat(club.session(62, datetime(2026, 11, 25, 18, tzinfo=OSLO)), MEMBER.id, NOW_NS)
    cookies = club.log_in()
    name = "Jørn D.".encode("latin-1")
    query = {"timeid": "62", "spilletid": "20261125T18:00:00"}
    for path, parameters in (("/index.php", {}), ("/timeinfo.php", query)):
        assert name not in club.get(path, parameters).body
        assert name in club.get(path, parameters, cookies).body


def test_pages_have_the_clubs_size_and_its_bad_html() -> None:
    club = Club()
    coached = club.get("/timeinfo.php", {"timeid": "63", "spilletid": "20261127T9:00:00"}).body
    drop_in = club.get("/timeinfo.php", {"timeid": "65", "spilletid": "20261128T10:00:00"}).body
    assert 20_000 < len(coached) < 45_000
    assert b"</span></td></tr>" in coached
    assert b"</tr>\n<td rowspan=" in drop_in
    assert b"&#9990 " in coached


def test_hours_are_unpadded_in_links_unless_the_club_pads_them() -> None:
    assert b"spilletid=20261127T9:00:00&amp;timeid=63" in Club().get("/index.php").body
    padded = Club(hours="padded_only").get("/index.php").body
    assert b"spilletid=20261127T09:00:00&amp;timeid=63" in padded


@pytest.mark.parametrize(
    ("hours", "padded", "unpadded"),
    [
        (HourStyle.UNPADDED, Verdict.VIEWED, Verdict.VIEWED),
        (HourStyle.PADDED_ONLY, Verdict.VIEWED, Verdict.UNKNOWN_SESSION),
        (HourStyle.UNPADDED_ONLY, Verdict.UNKNOWN_SESSION, Verdict.VIEWED),
    ],
)
def test_the_club_may_insist_on_one_form_of_hours(hours: HourStyle, padded: Verdict, unpadded: Verdict) -> None:
    club = Club(hours=hours)
    assert club.get("/timeinfo.php", {"timeid": "63", "spilletid": "20261127T09:00:00"}).verdict is padded
    assert club.get("/timeinfo.php", {"timeid": "63", "spilletid": "20261127T9:00:00"}).verdict is unpadded
    assert club.get("/timeinfo.php", {"timeid": "62", "spilletid": "20261125T18:00:00"}).verdict is Verdict.VIEWED


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"timeid": "63"},
        {"timeid": "63", "spilletid": "20261127T9:00"},
        {"timeid": "999", "spilletid": "20261127T9:00:00"},
        {"timeid": "63", "spilletid": "20261126T9:00:00"},
        {"timeid": "-63", "spilletid": "20261127T9:00:00"},
    ],
)
def test_an_unknown_session_is_an_error_page(query: dict[str, str]) -> None:
    reply = Club().get("/timeinfo.php", query)
    assert (reply.verdict, reply.status) == (Verdict.UNKNOWN_SESSION, 200)
    assert b"ERROR" in reply.body


def test_the_login_answer_alone_has_the_literal_entity() -> None:
    club = Club()
    marker = b"Du er n&aring; innlogget som J\xf8rn D."
    assert marker in club.post(b"email=JORN%40practice.invalid&password=%F81%E62").body
    assert marker not in club.get("/index.php", {}, club.log_in()).body


@pytest.mark.parametrize(
    "form",
    [
        b"email=jorn%40practice.invalid&password=%C3%B81%C3%A62",
        b"email=jorn%40practice.invalid&password=",
        b"email=jorn%40practice.invalid",
        b"email=nobody%40practice.invalid&password=%F81%E62",
        b"\xff\xfe&&==",
        b"",
    ],
    ids=["utf-8 letters", "empty", "no password", "nobody", "rubbish", "nothing"],
)
def test_a_refused_login_is_an_ordinary_page_without_cookies(form: bytes) -> None:
    reply = Club().post(form)
    assert (reply.verdict, reply.status, reply.cookies) == (Verdict.LOGIN_REFUSED, 200, ())
    assert b"innlogget som" not in reply.body
    assert b'id="login"' in reply.body


def test_a_club_of_utf_8_takes_utf_8() -> None:
    club = Club(form_charset="utf-8")
    form = b"email=jorn%40practice.invalid&password=%C3%B81%C3%A62"
    assert club.post(form).verdict is Verdict.LOGGED_IN


def test_markers_of_being_logged_in() -> None:
    club = Club()
    inside, outside = club.get("/kalender.php", {}, club.log_in()).body, club.get("/kalender.php").body
    assert b"logout.php" in inside
    assert b"nybruker.php" not in inside
    assert b'id="login"' not in inside
    assert b"logout.php" not in outside
    assert b"nybruker.php" in outside
    for body in (inside, outside):
        assert b'id="dialog-form"' in body


def test_the_remember_me_cookies_alone_carry_a_login() -> None:
    club = Club()
    cookies = club.log_in()
    del cookies["PHPSESSID"]
    reply = club.get("/kalender.php", {}, cookies)
    assert reply.member_id == MEMBER.id
    assert [cookie.name for cookie in reply.cookies] == ["PHPSESSID"]
    cookies["NTNUITennis_brukernavn"] = '"jorn@practice.invalid"'
    assert club.get("/kalender.php", {}, cookies).member_id is None
    forgetful = Club(remember_login=False)
    cookies = forgetful.log_in()
    del cookies["PHPSESSID"]
    assert forgetful.get("/kalender.php", {}, cookies).member_id is None


def test_a_login_expires() -> None:
    club = Club(login_expires_s=60)
    cookies = club.log_in()
    visit = Visit("GET", "/kalender.php", {}, cookies)
    assert club.site.answer(visit, NOW_NS + 59_999_999_999).member_id == MEMBER.id
    late = club.site.answer(visit, NOW_NS + 60_000_000_000)
    assert late.member_id is None
    assert b"logout.php" not in late.body


def test_an_action_is_the_members_own_or_an_error() -> None:
    club = Club()
    query = {"timeid": "62", "spilletid": "20261125T18:00:00"}
    session = club.session(62, datetime(2026, 11, 25, 18, tzinfo=OSLO))
    assert club.get("/timeinfo.php", {**query, "leggtilvikarid": "11"}).verdict is Verdict.NOT_LOGGED_IN
    cookies = club.log_in()
    foreign = club.get("/timeinfo.php", {**query, "leggtilvikarid": "12"}, cookies)
    assert foreign.verdict is Verdict.NOT_OWN_ID
    assert b"ERROR" in foreign.body
    assert session.takers() == []
    own = club.get("/timeinfo.php", {**query, "leggtilvikarid": "11"}, cookies)
    assert own.verdict is Verdict.SIGNED_UP
    assert b"fjernvikarid=11" in own.body
    assert club.get("/timeinfo.php", {**query, "fjernvikarid": "11"}, cookies).verdict is Verdict.WITHDRAWN


def test_a_markerless_hall_shows_no_door_text() -> None:
    query = {"timeid": "62", "spilletid": "20261125T18:00:00", "leggtilvikarid": "11"}
    plain, markerless = Club(), Club(markerless_confirm=True)
    assert b"Kode for tilgang til bygget:" in plain.get("/timeinfo.php", query, plain.log_in()).body
    body = markerless.get("/timeinfo.php", query, markerless.log_in()).body
    assert b"Kode for tilgang" not in body
    assert b"fjernvikarid=11" in body


def test_an_accepted_place_can_be_lost() -> None:
    club = Club(lose_accepted=1)
    cookies = club.log_in()
    query = {"timeid": "62", "spilletid": "20261125T18:00:00"}
    assert b"fjernvikarid=11" in club.get("/timeinfo.php", {**query, "leggtilvikarid": "11"}, cookies).body
    assert b"fjernvikarid=11" not in club.get("/timeinfo.php", query, cookies).body
    club.get("/timeinfo.php", {**query, "leggtilvikarid": "11"}, cookies)
    assert b"fjernvikarid=11" in club.get("/timeinfo.php", query, cookies).body


def test_the_language_link_leads_to_the_same_page_without_its_action() -> None:
    query = {"timeid": "62", "spilletid": "20261125T18:00:00", "leggtilvikarid": "11", "lang": "no"}
    body = Club().get("/timeinfo.php", query).body
    assert b'"./timeinfo.php?timeid=62&amp;spilletid=20261125T18:00:00&amp;lang=en">English' in body


def test_pages_that_are_for_others_or_unknown() -> None:
    club = Club()
    cookies = club.log_in()
    assert b"ERROR" in club.get("/innstillinger.php").body
    assert b"ERROR" not in club.get("/innstillinger.php", {}, cookies).body
    assert b"ERROR" in club.get("/nybruker.php", {}, cookies).body
    assert club.get("/robots.txt").status == 404
