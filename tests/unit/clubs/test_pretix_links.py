"""Every honest form of a date's link at a pretix shop leads to that date; everything else is refused with a reason."""

from datetime import UTC, datetime

import pytest
from pydantic import HttpUrl
from support.clock import ManualClock

from autotennis.adapters.clubs.pretix.links import PretixLinks
from autotennis.adapters.clubs.registry import open_club
from autotennis.domain.club import ClubRules
from autotennis.errors import BadLink, LinkProblem
from autotennis.links import parse_link
from autotennis.values import Pointer, Session

RULES = ClubRules(id="club", kind="pretix", name="The Club", base_url=HttpUrl("https://shop.example.org/club/"))
SHOP = PretixLinks(RULES)
# A club may have a host of its own: then its name is in no path.
OWN_HOST = PretixLinks(RULES.model_copy(update={"id": "own", "base_url": HttpUrl("https://book.example.org/")}))
BASE = "https://shop.example.org/club"


@pytest.mark.parametrize(
    "pasted",
    [
        f"{BASE}/tennis/21/",
        f"{BASE}/tennis/21",
        "https://shop.example.org/Club/Tennis/21/",
        "shop.example.org/club/tennis/21/",
        f"{BASE}/tennis/21/?date=2026-12",
        f"{BASE}/tennis/21/?month=12&year=2026",
        f"{BASE}/tennis/21/?locale=en",
        f"{BASE}/tennis/21/?require_cookie=true#cart",
        f"{BASE}/tennis/w/AbCdEf0123456789/21/",
        f"{BASE}/tennis/ical/21/",
        f"{BASE}/tennis/waitinglist?item=7&amp;subevent=21",
        f"{BASE}/tennis/redeem?voucher=ABC&subevent=21",
        f"{BASE}/tennis/?subevent=21",
    ],
)
def test_honest_forms_lead_to_the_date(pasted: str) -> None:
    assert parse_link(pasted, (SHOP, OWN_HOST)) == (SHOP, Pointer(slot="tennis", number=21))


def test_a_club_at_a_host_of_its_own_is_known_by_that() -> None:
    assert parse_link("https://book.example.org/tennis/21/", (SHOP, OWN_HOST)) == (
        OWN_HOST,
        Pointer(slot="tennis", number=21),
    )


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/tennis/",
        "/tennis/?style=week&date=2026-W49",
        "/tennis/0/",
        "/tennis/1234567890/",
        "/2026/21/",
        "/account/memberships/1/",
        "/tennis/order/AB3CD/hush-hush/",
        "/tennis/cart/add",
        "/tennis/%2e%2e/21/",
    ],
)
def test_a_page_of_something_else_is_refused_in_words(path: str) -> None:
    with pytest.raises(BadLink) as refused:
        parse_link(BASE + path, (SHOP,))
    assert refused.value.problem is LinkProblem.NOT_A_SESSION
    assert "hush" not in str(refused.value)


def test_another_clubs_date_at_the_same_host_is_refused() -> None:
    with pytest.raises(BadLink):
        parse_link("https://shop.example.org/other/tennis/21/", (SHOP,))


def test_a_link_is_the_dates_page_or_the_week_where_it_will_be() -> None:
    session = Session(slot="tennis", timeid=21, start=datetime(2026, 12, 2, 18, 0))
    assert SHOP.link(session) == f"{BASE}/tennis/21/"
    assert SHOP.link(session.model_copy(update={"timeid": 0})) == f"{BASE}/tennis/?style=week&date=2026-W49"
    new_year = Session(slot="tennis", timeid=0, start=datetime(2027, 1, 1, 18, 0))
    assert SHOP.link(new_year).endswith("date=2026-W53")


def test_the_link_that_is_shown_as_a_good_one_is_one() -> None:
    assert parse_link(SHOP.good_link, (SHOP,))[0] is SHOP


def test_starts_are_the_clubs_own_time_to_the_second() -> None:
    assert SHOP.local(datetime(2026, 12, 2, 17, 0, 0, 250_000, UTC)) == datetime(2026, 12, 2, 18, 0)


def test_such_clubs_are_known_by_their_kind_and_asked_for_one_thing_at_a_time() -> None:
    club = open_club(RULES, "Autotennis/1", ManualClock())
    race = club.rules.race
    assert (race.shots, race.in_flight, race.repeats, race.early) == (1, 1, False, True)
    assert club.traits.has_list
    assert not club.traits.has_fixed_places
