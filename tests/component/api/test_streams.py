"""What an open page is told as it comes: changes, their end, who may listen, and how many."""

import re
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.api_site import (
    HOLDER,
    PASSWORD,
    ClubBeside,
    Site,
    Visitor,
    api_settings,
    claim,
    csrf_token,
    open_site,
    win,
)

from autotennis.domain.booking import Booking
from autotennis.domain.progress import Reached, Stage
from autotennis_api import live
from autotennis_api.live import Hub, Reading, Source
from autotennis_api.live_views import hub_of
from practice_club.orders import NewSession

SIGN_UP_SENT = "The sign-up is sent <time"


class Stream:
    """An open page's stream, read event by event."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks

    def next(self) -> str:
        """The next event. What a browser is told of coming back is none."""
        chunk = next(self._chunks, b"").decode()
        return self.next() if chunk.startswith("retry:") else chunk

    def is_over(self) -> bool:
        """Whether it ends without another event."""
        return self.next() == ""


@contextmanager
def stream(visitor: Visitor, path: str, headers: dict[str, str] | None = None) -> Generator[Stream, None, None]:
    """The stream while the page is open."""
    answer = visitor.client.get(path, headers=headers)
    assert answer.status_code == 200, answer.status_code
    assert answer.mimetype == "text/event-stream"
    assert answer.headers["X-Accel-Buffering"] == "no"
    try:
        yield Stream(answer.iter_encoded())
    finally:
        answer.close()


def of_booking(booking_id: str) -> str:
    return f"/bookings/{booking_id}/live/stream"


def version_shown(visitor: Visitor, page: str) -> str:
    found = re.search(r'data-version="([^"]+)"', visitor.get(page).text)
    assert found
    return found[1]


def fire(site: Site, booking_id: str) -> None:
    """Its sign-up is sent."""
    now = site.ports.clock.now()
    fired = (Reached(stage=Stage.FIRED, at=now),)
    site.ports.store.change(booking_id, lambda it: it.progressed(HOLDER, fired, now))


def test_a_booking_is_sent_whenever_it_changes_until_it_is_settled(
    site: Site, member: Visitor, booking_id: str
) -> None:
    claim(site.ports, booking_id)
    have = version_shown(member, f"/bookings/{booking_id}")
    with stream(member, f"{of_booking(booking_id)}?have={have}") as news:
        begun = site.ports.clock.monotonic_s()
        fire(site, booking_id)
        fired = news.next()
        assert site.ports.clock.monotonic_s() - begun < 1, "within a second"
        assert fired.startswith(f"id: {version_shown(member, f'/bookings/{booking_id}')}\nevent: part\ndata: ")
        assert SIGN_UP_SENT in fired
        win(site.ports, booking_id)
        booked = news.next()
        assert "You have a place" in booked
        assert news.next() == "event: settled\ndata: settled\n\n"
        assert news.is_over()


def test_the_list_is_sent_too_and_what_is_sent_is_what_the_page_would_ask_for(
    site: Site, member: Visitor, booking_id: str
) -> None:
    claim(site.ports, booking_id)
    with stream(member, "/live/stream") as news:
        shown = news.next()
        fire(site, booking_id)
        assert SIGN_UP_SENT not in shown
        told = news.next()
        lines = [line.removeprefix("data: ") for line in told.splitlines() if line.startswith("data: ")]
        # Countdowns go on between the two.
        without_times = re.compile(r"<time[^>]*data-countdown>[^<]*</time>")
        asked = member.get("/live").text
        assert without_times.sub("", "\n".join(lines)).strip() == without_times.sub("", asked).strip()
        win(site.ports, booking_id)
        assert "Booked" in news.next()
        assert "settled" in news.next()


def test_who_comes_back_is_not_sent_what_they_have(site: Site, member: Visitor, booking_id: str) -> None:
    claim(site.ports, booking_id)
    have = version_shown(member, f"/bookings/{booking_id}")
    with stream(member, of_booking(booking_id), {"Last-Event-ID": have}) as news:
        win(site.ports, booking_id)
        assert "You have a place" in news.next()


def test_a_page_that_is_settled_is_told_so_at_once(site: Site, member: Visitor, booking_id: str) -> None:
    claim(site.ports, booking_id)
    win(site.ports, booking_id)
    have = version_shown(member, "/") if "data-version" in member.get("/").text else ""
    with stream(member, of_booking(booking_id)) as news:
        assert "You have a place" in news.next()
        assert "settled" in news.next()
        assert news.is_over()
    assert have == ""


def test_a_stream_ends_when_its_reader_signs_out(
    member: Visitor, booking_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # At once, and not only when the door is asked the next time.
    monkeypatch.setattr("autotennis_api.live_views._DOOR_S", 1000.0)
    token = csrf_token(member.get("/").text)
    with stream(member, of_booking(booking_id)) as news:
        assert news.next()
        leaving = threading.Thread(target=lambda: member.client.post("/sign-out", data={"csrf_token": token}))
        leaving.start()
        assert news.is_over()
        leaving.join()
    assert member.client.get(of_booking(booking_id)).status_code == 401


def test_a_stream_ends_when_the_password_is_changed_elsewhere(
    site: Site, email: str, member: Visitor, booking_id: str
) -> None:
    elsewhere = site.visitor()
    elsewhere.sign_in(email)
    token = csrf_token(elsewhere.get("/settings").text)
    form = {"old": PASSWORD, "password": "et annet godt passord", "again": "et annet godt passord", "csrf_token": token}
    with stream(member, of_booking(booking_id)) as news:
        assert news.next()
        changed: list[int] = []
        changing = threading.Thread(
            target=lambda: changed.append(elsewhere.client.post("/settings/password", data=form).status_code)
        )
        changing.start()
        assert news.is_over()
        changing.join()
        assert changed == [303]
    assert member.client.get(of_booking(booking_id)).status_code == 401


def test_a_sign_out_that_another_process_saw_is_noticed(
    site: Site, member: Visitor, booking_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("autotennis_api.live_views._DOOR_S", 0.0)
    member_id = site.ports.store.booking(booking_id).member_id
    with stream(member, of_booking(booking_id)) as news:
        assert news.next()
        site.ports.store.change_member(member_id, lambda it: it.model_copy(update={"password_hash": "another"}))
        assert news.is_over()


def test_a_member_with_many_open_pages_has_the_others_ask(member: Visitor, booking_id: str) -> None:
    answers = [member.client.get(of_booking(booking_id)) for _ in range(live.EACH + 1)]
    assert [answer.status_code for answer in answers] == [200] * live.EACH + [503]
    # The last one first: all of them are in this one thread.
    answers[-2].close()
    answers[-2] = member.client.get(of_booking(booking_id))
    assert answers[-2].status_code == 200
    for answer in answers[::-1]:
        answer.close()


def test_so_do_all_where_no_streams_are_wished_for(club: ClubBeside, tmp_path: Path, email: str) -> None:
    with open_site(api_settings(tmp_path, club.rules(), streams=0)) as site:
        visitor = site.visitor()
        visitor.register(email)
        booking_id = visitor.book(club.add_session(NewSession(opens_in_s=86_370))[1])
        for path in ("/live/stream", of_booking(booking_id)):
            assert visitor.client.get(path).status_code == 503
        assert visitor.get(f"/bookings/{booking_id}/live").status_code == 200


def test_streams_end_with_the_program(site: Site, member: Visitor, booking_id: str) -> None:
    with stream(member, of_booking(booking_id)) as news:
        assert news.next()
        hub_of(site.app).ends_when(lambda: True)
        assert news.is_over()


def test_a_silent_stream_shows_that_it_is_alive(
    member: Visitor, booking_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("autotennis_api.live_views._HEARTBEAT_S", 0.0)
    with stream(member, of_booking(booking_id)) as news:
        assert "event: part" in news.next()
        assert news.next() == ": still there\n\n"


def test_what_many_show_is_read_once(site: Site, booking_id: str) -> None:
    reads: list[str] = []

    def every() -> list[Booking]:
        reads.append("all")
        return [site.ports.store.booking(booking_id)]

    def one(which: str) -> Booking:
        reads.append("one")
        return site.ports.store.booking(which)

    hub, source = Hub(site.ports.clock, 9), Source(every, one)
    with hub.reading("key", source) as first, hub.reading("key", source) as second:
        assert first is second
        found = first.newest()
        assert second.newest() is found
        assert reads == ["all"]
    with hub.reading("key", source) as third:
        assert third is not first


def test_what_rests_is_read_seldom_and_what_is_near_often(site: Site, booking_id: str) -> None:
    booking = site.ports.store.booking(booking_id)
    now = site.ports.clock.now()
    planned = booking.wake_planned(now)[0]
    assert not live.is_quick(planned, now)
    assert live.is_quick(planned, planned.opening_at)
    assert live.is_quick(booking, now), "it is about to be planned"
    assert isinstance(Reading(Source(lambda: [planned], lambda _: planned), site.ports.clock).newest(), list)
