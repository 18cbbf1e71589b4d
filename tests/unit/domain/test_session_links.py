"""Every honest form of a session's link leads to the same session; everything else is refused with a reason."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import HttpUrl
from support.ntnui_links import session_at

from autotennis.adapters.clubs.ntnui.links import NtnuiLinks
from autotennis.domain.club import NTNUI_TENNIS, ClubRules
from autotennis.domain.session import next_week, starts_at
from autotennis.errors import BadLink, LinkProblem
from autotennis.links import parse_link
from autotennis.values import Session

NTNUI = NtnuiLinks(NTNUI_TENNIS)
PRACTICE = NtnuiLinks(ClubRules(id="practice", name="Practice Club", base_url=HttpUrl("http://127.0.0.1:8090/")))
CLUBS = (NTNUI, PRACTICE)
BASE = "https://www.ntnuitennis.no/timeinfo.php"
FRIDAY = datetime(2017, 2, 10, 9, 0)
OSLO = ZoneInfo("Europe/Oslo")


@pytest.mark.parametrize(
    "pasted",
    [
        f"{BASE}?timeid=194&spilletid=20170210T09:00:00&lang=no",
        f"{BASE}?spilletid=20170210T09:00:00&timeid=194&lang=no",
        f"{BASE}?timeid=194&spilletid=20170210T09:00:00&lang=en",
        f"{BASE}?timeid=194&spilletid=20170210T09:00:00",
        f"{BASE}?timeid=194&amp;spilletid=20170210T09:00:00&amp;lang=no",
        f"{BASE}?timeid=194&spilletid=20170210T09%3A00%3A00",
        f"{BASE}?timeid=194&spilletid=20170210T9:00:00&lang=no",
        f"{BASE}?timeid=0194&spilletid=20170210T9:00:00",
        f"{BASE}?timeid=194&spilletid=20170210T09:00:00#treningsplan",
        f"{BASE}?timeid=194&spilletid=20170210T09:00:00&leggtilvikarid=4711",
        f"  {BASE}?timeid=194&spilletid=20170210T09:00:00\n",
        f"<{BASE}?timeid=194&spilletid=20170210T09:00:00>",
        "https://ntnuitennis.no/timeinfo.php?timeid=194&spilletid=20170210T09:00:00",
        "http://www.ntnuitennis.no/timeinfo.php?timeid=194&spilletid=20170210T09:00:00",
        "www.ntnuitennis.no/timeinfo.php?timeid=194&spilletid=20170210T09:00:00",
        "HTTPS://WWW.NTNUITENNIS.NO/TimeInfo.php?TIMEID=194&SPILLETID=20170210t09:00:00",
        "https://www.ntnuitennis.no:443/timeinfo.php?timeid=194&spilletid=20170210T09:00:00",
    ],
)
def test_honest_forms_lead_to_the_session(pasted: str) -> None:
    club, session = parse_link(pasted, CLUBS)
    assert club is NTNUI
    assert session == Session(timeid=194, start=FRIDAY)


def test_the_hour_is_written_as_it_was_pasted() -> None:
    unpadded = session_at(NTNUI_TENNIS, f"{BASE}?timeid=194&spilletid=20170210T9:00:00")
    padded = session_at(NTNUI_TENNIS, f"{BASE}?timeid=194&spilletid=20170210T09:00:00")
    assert unpadded == padded
    assert hash(unpadded) == hash(padded)
    assert NTNUI.link(unpadded).endswith("timeid=194&spilletid=20170210T9:00:00&lang=no")
    assert NTNUI.link(padded).endswith("timeid=194&spilletid=20170210T09:00:00&lang=no")
    assert NTNUI.link(next_week(unpadded)).endswith("spilletid=20170217T9:00:00&lang=no")


def test_the_link_chooses_the_club() -> None:
    club, _ = parse_link("http://127.0.0.1:8090/timeinfo.php?timeid=1&spilletid=20261201T15:00:00", CLUBS)
    assert club is PRACTICE


@pytest.mark.parametrize(
    ("pasted", "problem"),
    [
        ("", LinkProblem.EMPTY),
        ("   ", LinkProblem.EMPTY),
        ("tuesday at three", LinkProblem.NOT_A_LINK),
        ("ftp://www.ntnuitennis.no/timeinfo.php?timeid=1&spilletid=20261201T15:00:00", LinkProblem.NOT_A_LINK),
        ("javascript://www.ntnuitennis.no/timeinfo.php", LinkProblem.NOT_A_LINK),
        ("https://[::1/timeinfo.php", LinkProblem.NOT_A_LINK),
        (BASE + "?" + "x" * 3000, LinkProblem.NOT_A_LINK),
        ("https://example.org/timeinfo.php?timeid=1&spilletid=20261201T15:00:00", LinkProblem.OTHER_SITE),
        ("https://www.ntnuitennis.no.example.org/timeinfo.php?timeid=1", LinkProblem.OTHER_SITE),
        ("https://www.ntnuitennis.no@example.org/timeinfo.php?timeid=1", LinkProblem.OTHER_SITE),
        ("https://www.ntnuitennis.no:8443/timeinfo.php?timeid=1&spilletid=20261201T15:00:00", LinkProblem.OTHER_SITE),
        ("https://www.ntnuitennis.no%40example.org/timeinfo.php?timeid=1", LinkProblem.OTHER_SITE),
        ("https://example.org/timeinfo.php?timeid=1#@www.ntnuitennis.no/", LinkProblem.OTHER_SITE),
        ("https://example.org\\\\@www.ntnuitennis.no\\\\timeinfo.php?timeid=1", LinkProblem.OTHER_SITE),
        ("https://ntnuitenn\u0456s.no/timeinfo.php?timeid=1", LinkProblem.OTHER_SITE),
        ("https://xn--ntnuitenns-9fi.no/timeinfo.php?timeid=1", LinkProblem.OTHER_SITE),
        ("https://169.254.169.254/timeinfo.php?timeid=1&spilletid=20261201T15:00:00", LinkProblem.OTHER_SITE),
        ("https://metadata.google.internal/timeinfo.php?timeid=1", LinkProblem.OTHER_SITE),
        ("http://2130706433:8090/timeinfo.php?timeid=1&spilletid=20261201T15:00:00", LinkProblem.OTHER_SITE),
        ("http://0x7f.1:8090/timeinfo.php?timeid=1&spilletid=20261201T15:00:00", LinkProblem.OTHER_SITE),
        ("http://[::ffff:127.0.0.1]:8090/timeinfo.php?timeid=1", LinkProblem.OTHER_SITE),
        ("http://localhost:8090/timeinfo.php?timeid=1&spilletid=20261201T15:00:00", LinkProblem.OTHER_SITE),
        ("gopher://www.ntnuitennis.no/timeinfo.php?timeid=1", LinkProblem.NOT_A_LINK),
        ("file:///www.ntnuitennis.no/timeinfo.php?timeid=1", LinkProblem.NOT_A_LINK),
        ("http://127.0.0.1:9999/timeinfo.php?timeid=1&spilletid=20261201T15:00:00", LinkProblem.OTHER_SITE),
        ("https://www.ntnuitennis.no/logout.php", LinkProblem.NOT_A_SESSION),
        ("https://www.ntnuitennis.no/index.php?lang=no&uke=1", LinkProblem.NOT_A_SESSION),
        (f"{BASE}?spilletid=20261201T15:00:00", LinkProblem.NO_TIMEID),
        (f"{BASE}?timeid=abc&spilletid=20261201T15:00:00", LinkProblem.BAD_TIMEID),
        (f"{BASE}?timeid=0&spilletid=20261201T15:00:00", LinkProblem.BAD_TIMEID),
        (f"{BASE}?timeid=-3&spilletid=20261201T15:00:00", LinkProblem.BAD_TIMEID),
        (f"{BASE}?timeid=65", LinkProblem.NO_START),
        (f"{BASE}?timeid=65&spilletid=tomorrow", LinkProblem.BAD_START),
        (f"{BASE}?timeid=65&spilletid=20260230T15:00:00", LinkProblem.BAD_START),
        (f"{BASE}?timeid=65&spilletid=20261201T25:00:00", LinkProblem.BAD_START),
        (f"{BASE}?timeid=65&spilletid=00001201T15:00:00", LinkProblem.BAD_START),
    ],
)
def test_the_rest_is_refused_with_its_reason_and_a_good_link(pasted: str, problem: LinkProblem) -> None:
    with pytest.raises(BadLink) as refused:
        parse_link(pasted, CLUBS)
    assert refused.value.problem is problem
    club, _ = parse_link(refused.value.good_link, CLUBS)
    assert club.good_link in str(refused.value)


@given(
    timeid=st.integers(1, 10**9 - 1),
    start=st.datetimes(datetime(2000, 1, 1), datetime(2099, 1, 1)).map(lambda at: at.replace(microsecond=0)),
    padded=st.booleans(),
)
def test_a_link_written_is_the_session_read(timeid: int, start: datetime, padded: bool) -> None:
    session = Session(timeid=timeid, start=start, padded=padded)
    assert parse_link(NTNUI.link(session), CLUBS)[1] == session


@given(st.text())
def test_no_text_breaks_the_parser(text: str) -> None:
    try:
        parse_link(text, CLUBS)
    except BadLink as error:
        assert error.good_link in str(error)


@pytest.mark.parametrize(
    ("local", "utc"),
    [
        (datetime(2026, 7, 1, 18, 0), datetime(2026, 7, 1, 16, 0, tzinfo=UTC)),
        (datetime(2026, 12, 1, 18, 0), datetime(2026, 12, 1, 17, 0, tzinfo=UTC)),
        # The clocks skip 02:00-03:00 on the night of 29 March 2026, and repeat it on that of 25 October.
        (datetime(2026, 3, 29, 2, 30), datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
        (datetime(2026, 10, 25, 2, 30), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
    ],
)
def test_a_start_is_the_clubs_local_time(local: datetime, utc: datetime) -> None:
    assert starts_at(Session(timeid=1, start=local), OSLO) == utc


def test_next_week_keeps_the_local_time_over_a_change_of_the_clocks() -> None:
    before = Session(timeid=65, start=datetime(2026, 3, 24, 15, 0))
    after = next_week(before)
    assert after.start == datetime(2026, 3, 31, 15, 0)
    assert (starts_at(after, OSLO) - starts_at(before, OSLO)).total_seconds() == (7 * 24 - 1) * 3600


def test_of_a_named_slot_nobody_knows_the_number_of_another_date() -> None:
    this = Session(timeid=31, slot="monday-drop-in", start=datetime(2026, 3, 23, 15, 0))
    after = next_week(this)
    assert (after.timeid, after.slot, after.start) == (0, "monday-drop-in", datetime(2026, 3, 30, 15, 0))
    assert after == Session(timeid=38, slot="monday-drop-in", start=after.start), "it is that session all the same"


def test_a_session_that_was_kept_before_slots_had_names_is_read_as_it_was() -> None:
    kept = '{"timeid": 194, "start": "2026-11-25T18:00:00", "padded": true}'
    assert Session.model_validate_json(kept) == Session(timeid=194, start=datetime(2026, 11, 25, 18, 0))
