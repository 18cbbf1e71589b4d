"""The proxy in front: what it keeps, for how long and for whom."""

import pytest

from practice_club.knobs import CachedPages
from practice_club.proxy import Proxy
from practice_club.site import Reply, Visit
from practice_club.vocabulary import Verdict

S_NS = 1_000_000_000
PLAIN = Visit("GET", "/glemtpin.php", {"lang": "no"})
PAGE = Reply(Verdict.VIEWED, lambda: b"a page")


def _proxy() -> Proxy:
    proxy = Proxy()
    proxy.use(CachedPages(seconds=10))
    return proxy


def test_a_page_is_kept_for_its_time_and_grows_old() -> None:
    proxy = _proxy()
    proxy.keep(PLAIN, PAGE, since_ns=100 * S_NS, date_ns=7)
    assert proxy.find(PLAIN, None, 100 * S_NS - 1) is None
    kept = proxy.find(PLAIN, None, 105 * S_NS + 900_000_000)
    assert kept is not None
    assert (kept.reply, kept.date_ns, kept.age_s(105 * S_NS + 900_000_000)) == (PAGE, 7, 5)
    assert proxy.find(PLAIN, None, 110 * S_NS) is None


def test_head_is_answered_with_what_get_has_brought() -> None:
    proxy = _proxy()
    proxy.keep(PLAIN, PAGE, since_ns=0, date_ns=0)
    assert proxy.find(Visit("HEAD", "/glemtpin.php", {"lang": "no"}), None, 0) is not None
    assert proxy.find(Visit("GET", "/glemtpin.php", {"lang": "en"}), None, 0) is None


def test_visitors_who_are_logged_in_have_a_copy_of_their_own() -> None:
    proxy = _proxy()
    proxy.keep(PLAIN, PAGE, since_ns=0, date_ns=0)
    assert proxy.find(PLAIN, 20_101, 0) is None


@pytest.mark.parametrize(
    ("visit", "reply"),
    [
        (Visit("GET", "/index.php", {}), PAGE),
        (Visit("GET", "/timeinfo.php", {"timeid": "65"}), PAGE),
        (Visit("POST", "/glemtpin.php", {}), PAGE),
        (PLAIN, Reply(Verdict.VIEWED, status=404)),
    ],
    ids=["the timetable", "a session", "a form", "no such page"],
)
def test_nothing_else_is_kept(visit: Visit, reply: Reply) -> None:
    proxy = _proxy()
    proxy.keep(visit, reply, since_ns=0, date_ns=0)
    assert proxy.find(visit, None, 0) is None


def test_without_the_knob_nothing_is_kept_and_turning_it_forgets() -> None:
    proxy = _proxy()
    proxy.keep(PLAIN, PAGE, since_ns=0, date_ns=0)
    proxy.use(CachedPages(seconds=20))
    assert proxy.find(PLAIN, None, 0) is None
    proxy.use(None)
    proxy.keep(PLAIN, PAGE, since_ns=0, date_ns=0)
    assert proxy.find(PLAIN, None, 0) is None
