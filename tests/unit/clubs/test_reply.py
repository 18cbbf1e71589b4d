"""What is read from the head of an answer."""

from datetime import UTC, datetime

import pytest

from autotennis.adapters.clubs.reply import Reply

NOW = datetime(2026, 11, 22, 16, 30, tzinfo=UTC)


def answered(headers: dict[str, str], status: int = 200) -> Reply:
    return Reply(1.0, 2.0).answered(status, headers, NOW, b"geheim")


@pytest.mark.parametrize(
    ("name", "text", "second_hand"),
    [
        ("age", "7", True),
        ("age", " 12 ", True),
        ("age", "10", True),
        ("age", "0", False),
        ("age", "00", False),
        ("age", "", False),
        ("age", "young", False),
        ("age", "-3", False),
        ("x-cache", "HIT", True),
        ("x-cache", "HIT from proxy.example", True),
        ("x-cache", "Hit from cloudfront", True),
        ("x-cache", "TCP_MEM_HIT from a1", True),
        ("x-cache", "MISS, HIT", True),
        ("x-cache", "MISS", False),
        ("x-cache", "MISS from white.example", False),
        ("x-cache-status", "HIT", True),
        ("x-cache-status", "BYPASS", False),
        ("cf-cache-status", "HIT", True),
        ("cf-cache-status", "DYNAMIC", False),
        ("cache-status", "ExampleCache; hit; ttl=30", True),
        ("cache-status", "ExampleCache; fwd=uri-miss; stored", False),
        ("via", "1.1 varnish", False),
    ],
)
def test_an_answer_of_a_cache_is_known_by_what_the_cache_says(name: str, text: str, second_hand: bool) -> None:
    assert answered({name: text}).second_hand is second_hand


def test_an_answer_without_any_headers_is_first_hand_and_undated() -> None:
    reply = answered({})
    assert (reply.date, reply.retry_after_s, reply.location, reply.second_hand) == (None, None, None, False)


def test_the_stamp_of_the_first_request_stands_for_those_that_followed_it() -> None:
    first = answered({"date": "Sun, 22 Nov 2026 16:30:01 GMT", "age": "3"}, 302)
    last = Reply(5.0, 6.0).answered(200, {"date": "Sun, 22 Nov 2026 16:30:09 GMT"}, NOW, b"page").timed_as(first)
    assert (last.sent_s, last.received_s, last.date, last.second_hand) == (1.0, 2.0, first.date, True)
    assert (last.status, last.body) == (200, b"page")


def test_neither_the_page_nor_an_address_is_shown() -> None:
    shown = repr(answered({"location": "/geheim"}, 302))
    assert "geheim" not in shown
