"""What a visit makes of a club or a network in trouble."""

import asyncio
import gzip
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from aiohttp import web
from pydantic import SecretStr
from support import ntnui_pages
from support.ntnui_pages import MEMBER_ID, SESSION
from support.ntnui_visits import QUICK, Respond, club_at, credentials, member_at, open_session, serving

from autotennis.domain.member import Credentials
from autotennis.errors import ClubBusy, ClubUnreachable, PageNotUnderstood
from autotennis.ports import Answer, Visit
from autotennis.values import Action, VerdictKind
from practice_club.club import PracticeClub
from practice_club.server import running_club

SOMEBODY = Credentials(email="a@example.invalid", password=SecretStr("1234"))
Ask = Callable[[Visit], Awaitable[object]]


@pytest.fixture
async def club() -> AsyncGenerator[PracticeClub]:
    async with running_club() as club:
        yield club


def break_down(club: PracticeClub, kind: str, **more: Any) -> None:
    club.turn(faults=[{"kind": kind, **more}])


async def look_at(respond: Respond) -> Answer:
    """The answer to a look at a club that responds as told."""
    async with serving(respond) as address, club_at(address, QUICK).visit() as visit:
        return await visit.look(SESSION)


def page(**more: Any) -> web.Response:
    return web.Response(body=ntnui_pages.session_page(ntnui_pages.NONE_FREE), content_type="text/html", **more)


@pytest.mark.parametrize(
    ("fault", "status"), [("forbidden", 403), ("too_many_requests", 429), ("unavailable", 503), ("server_error", 500)]
)
async def test_a_club_that_asks_to_be_left_alone_is_busy_for_as_long_as_it_says(
    club: PracticeClub, fault: str, status: int
) -> None:
    member = club.add_member()
    _, session = open_session(club)
    async with member_at(club, member) as visit:
        break_down(club, fault, retry_after_s=17)
        for answer in (await visit.look(session), await visit.sign_up(session, member.id), await visit.probe()):
            assert (answer.verdict.kind, answer.verdict.retry_after_s) == (VerdictKind.BUSY, 17.0)
            assert (answer.status, answer.date is None) == (status, False)
        for raising in (visit.log_in(credentials(member)), visit.timetable(), visit.free_places()):
            with pytest.raises(ClubBusy) as busy:
                await raising
            assert busy.value.retry_after_s == 17.0
        assert await visit.find_club_member_id() is None


@pytest.mark.parametrize("fault", ["timeout", "reset", "truncated"])
async def test_an_answer_that_does_not_come_whole_is_none_and_nothing_is_sent_again(
    club: PracticeClub, fault: str
) -> None:
    member = club.add_member()
    theirs, session = open_session(club)
    async with member_at(club, member, QUICK) as visit:
        break_down(club, fault, acts=True)
        before = club.record.total
        answer = await visit.sign_up(session, member.id)
        assert answer.verdict.kind is VerdictKind.NO_ANSWER
        assert answer.sent_s < answer.received_s
        assert club.record.total == before + 1
        club.turn(faults=[])
        assert (await visit.look(session)).verdict.kind is VerdictKind.SIGNED_UP
        break_down(club, fault)
        for raising in (visit.log_in(credentials(member)), visit.timetable(), visit.free_places()):
            with pytest.raises(ClubUnreachable):
                await raising
    assert list(theirs.substitutes) == [member.id]


async def test_a_club_that_is_not_there_does_not_answer() -> None:
    async with serving(lambda _: asyncio.sleep(0, page())) as address:
        pass
    async with club_at(address).visit() as visit:
        assert (await visit.look(SESSION)).verdict.kind is VerdictKind.NO_ANSWER
        assert (await visit.probe()).status is None
        with pytest.raises(ClubUnreachable):
            await visit.log_in(Credentials(email="a@example.invalid", password=SecretStr("1234")))


async def test_the_date_is_the_clubs_own_and_may_be_missing(club: PracticeClub) -> None:
    club.turn(clock_offset_ms=3_600_000)
    async with club_at(club.base_url).visit() as visit:
        answer = await visit.probe()
        assert answer.date is not None
        assert answer.date.utcoffset() == timedelta(0)
        assert abs(answer.date - datetime.now(UTC) - timedelta(hours=1)) < timedelta(seconds=5)
        break_down(club, "no_date")
        assert (await visit.probe()).date is None


@pytest.mark.parametrize("date", ["yesterday", "", "Sun, 99 Nov 2026 16:30:00 GMT", "2026-11-22T16:30:00Z", "\u00e5"])
async def test_a_strange_date_is_none(date: str) -> None:
    answer = await look_at(lambda _: asyncio.sleep(0, page(headers={"Date": date})))
    assert (answer.date, answer.verdict.kind) == (None, VerdictKind.FULL)


async def test_a_date_in_another_zone_is_told_in_utc() -> None:
    answer = await look_at(lambda _: asyncio.sleep(0, page(headers={"Date": "Sun, 22 Nov 2026 17:30:00 +0100"})))
    assert answer.date == datetime(2026, 11, 22, 16, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("retry_after", "seconds"), [("120", 120.0), ("soon", None), ("-5", None), ("", None), ("at", 90.0), ("past", 0.0)]
)
async def test_how_long_to_stay_away_may_be_said_in_seconds_or_as_an_instant_of_the_clubs_clock(
    retry_after: str, seconds: float | None
) -> None:
    now = datetime(2031, 1, 1, 12, tzinfo=UTC)
    instants = {"at": now + timedelta(seconds=90), "past": now - timedelta(days=1)}
    text = format_datetime(instants[retry_after], usegmt=True) if retry_after in instants else retry_after
    headers = {"Date": format_datetime(now, usegmt=True), "Retry-After": text}
    answer = await look_at(lambda _: asyncio.sleep(0, web.Response(status=503, headers=headers)))
    assert (answer.verdict.kind, answer.verdict.retry_after_s) == (VerdictKind.BUSY, seconds)


@pytest.mark.parametrize("packed", [False, True])
async def test_an_answer_beyond_all_measure_is_none(packed: bool) -> None:
    body = ntnui_pages.session_page(ntnui_pages.NONE_FREE) + b" " * 2_000_000

    async def respond(_: web.Request) -> web.Response:
        headers = {"Content-Encoding": "gzip"} if packed else {}
        return web.Response(body=gzip.compress(body) if packed else body, headers=headers)

    assert (await look_at(respond)).verdict.kind is VerdictKind.NO_ANSWER


async def test_a_packed_answer_is_read() -> None:
    body = gzip.compress(ntnui_pages.session_page(ntnui_pages.NONE_FREE))
    answer = await look_at(lambda _: asyncio.sleep(0, web.Response(body=body, headers={"Content-Encoding": "gzip"})))
    assert answer.verdict.kind is VerdictKind.FULL


async def test_a_club_that_sends_letter_by_letter_is_given_up() -> None:
    async def respond(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "9999"})
        await response.prepare(request)
        await response.write(b"<html>")
        await asyncio.Event().wait()
        return response

    assert (await look_at(respond)).verdict.kind is VerdictKind.NO_ANSWER


@pytest.mark.parametrize("status", [400, 404, 410])
async def test_other_errors_are_not_understood(status: int) -> None:
    verdict = (await look_at(lambda _: asyncio.sleep(0, page(status=status)))).verdict
    assert verdict.kind is VerdictKind.UNKNOWN
    assert verdict.fingerprint


# Redirects


async def test_a_redirect_within_the_host_is_followed_and_both_requests_count() -> None:
    async def respond(request: web.Request) -> web.Response:
        if "moved" in request.query:
            return page(headers={"Date": "Sun, 22 Nov 2026 16:30:09 GMT"})
        headers = {"Location": f"timeinfo.php?{request.query_string}&moved=1", "Date": "Sun, 22 Nov 2026 16:30:01 GMT"}
        return web.Response(status=302, headers=headers)

    async with serving(respond) as address, club_at(address).visit() as visit:
        answer = await visit.look(SESSION)
        assert (answer.verdict.kind, visit.requests_sent) == (VerdictKind.FULL, 2)
        # The stamp belongs to the request whose sending and answer were timed.
        assert answer.date == datetime(2026, 11, 22, 16, 30, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "location",
    [
        *("{elsewhere}/timeinfo.php", "//127.0.0.2/", "ftp://127.0.0.1/", "http://[", ""),
        *(
            "http://169.254.169.254/latest/meta-data/",
            "http://metadata.google.internal/",
            "https://127.0.0.1/",
            "file:///etc",
        ),
        *(
            "http://127.0.0.1@169.254.169.254/",
            "http://2852039166/",
            "http://[::ffff:169.254.169.254]/",
            "//localhost/",
        ),
    ],
)
async def test_a_redirect_to_anywhere_else_is_not_followed(location: str) -> None:
    elsewhere_asked: list[str] = []

    async def elsewhere(request: web.Request) -> web.Response:
        elsewhere_asked.append(request.headers.get("Cookie", ""))
        return page()

    async with serving(elsewhere) as other:
        headers = {"Location": location.format(elsewhere=other)}
        answer = await look_at(lambda _: asyncio.sleep(0, web.Response(status=302, headers=headers)))
    assert (answer.verdict.kind, answer.status, elsewhere_asked) == (VerdictKind.UNKNOWN, 302, [])


ASKED: Mapping[str, Ask] = {
    "login": lambda visit: visit.log_in(SOMEBODY),
    "look": lambda visit: visit.look(SESSION),
    "sign_up": lambda visit: visit.sign_up(SESSION, MEMBER_ID),
    "prepared": lambda visit: visit.prepared(Action.SIGN_UP, SESSION, MEMBER_ID).send(),
    "withdraw": lambda visit: visit.withdraw(SESSION, MEMBER_ID),
    "confirm": lambda visit: visit.confirm(SESSION, MEMBER_ID),
    "decline": lambda visit: visit.decline(SESSION, MEMBER_ID),
    "own_id": lambda visit: visit.find_club_member_id(),
    "timetable": lambda visit: visit.timetable(),
    "free_places": lambda visit: visit.free_places(),
    "probe": lambda visit: visit.probe(deep=True),
    "canary": lambda visit: visit.look_through(SOMEBODY),
}


@pytest.mark.parametrize("kind", ASKED)
async def test_whatever_is_asked_for_nobody_elsewhere_is_asked_for_it(kind: str) -> None:
    """Neither the request nor a cookie goes to another host, be it the club's or the redirect's own."""
    elsewhere_asked: list[str] = []

    async def elsewhere(request: web.Request) -> web.Response:
        elsewhere_asked.append(request.path_qs)
        return page()

    async def respond(request: web.Request) -> web.Response:
        headers = {"Location": f"{other}{request.path_qs}", "Set-Cookie": "portal=let-me-in; path=/"}
        return web.Response(status=302, headers=headers)

    async with (
        serving(elsewhere) as other,
        serving(respond) as address,
        club_at(address, QUICK).visit() as visit,
    ):
        with suppress(PageNotUnderstood):
            await ASKED[kind](visit)
        assert visit.requests_sent >= 1
    assert elsewhere_asked == []


@pytest.mark.parametrize("kind", ["sign_up", "prepared", "look"])
@pytest.mark.parametrize("action", ["leggtilvikarid", "fjernvikarid"])
async def test_no_redirect_leads_to_an_action(kind: str, action: str) -> None:
    """What takes a place or gives one back is asked for on purpose, and counted; or not at all."""
    asked: list[str] = []

    async def respond(request: web.Request) -> web.Response:
        asked.append(request.path_qs)
        return web.Response(status=302, headers={"Location": f"{request.path_qs}&{action}={MEMBER_ID}"})

    async with serving(respond) as address, club_at(address, QUICK).visit() as visit:
        answer = await ASKED[kind](visit)
        assert isinstance(answer, Answer)
        assert (answer.verdict.kind, answer.status, visit.requests_sent) == (VerdictKind.UNKNOWN, 302, 1)
    assert len(asked) == 1


async def test_a_redirect_is_an_answer_once_all_was_sent_that_may_be() -> None:
    async def respond(request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": request.path_qs})

    async with serving(respond) as address, club_at(address).visit() as visit:
        visit.keep_within(lambda: 4)
        assert (await visit.look(SESSION)).verdict.kind is VerdictKind.UNKNOWN
        assert visit.requests_sent == 3
        await visit.look(SESSION)
        assert visit.requests_sent == 4


async def test_a_redirect_in_a_circle_ends() -> None:
    async def respond(request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": request.path_qs})

    async with serving(respond) as address, club_at(address).visit() as visit:
        assert (await visit.look(SESSION)).verdict.kind is VerdictKind.UNKNOWN
        assert visit.requests_sent == 3


@pytest.mark.parametrize(("status", "requests"), [(302, ["POST", "GET"]), (307, ["POST"])])
async def test_a_password_is_never_sent_on(status: int, requests: list[str]) -> None:
    seen: list[tuple[str, bytes]] = []

    async def respond(request: web.Request) -> web.Response:
        seen.append((request.method, await request.read()))
        if len(seen) == 1:
            return web.Response(status=status, headers={"Location": "index.php?velkommen=1"})
        proof = ntnui_pages.front_page(notice="Du er n&aring; innlogget som Åse Ø.")
        return web.Response(body=proof)

    async with serving(respond) as address, club_at(address).visit() as visit:
        credentials_of_somebody = Credentials(email="åse@example.invalid", password=SecretStr("p@ss €1"))
        if status == 302:
            assert (await visit.log_in(credentials_of_somebody)).verdict.kind is VerdictKind.LOGGED_IN
        else:
            with pytest.raises(PageNotUnderstood):
                await visit.log_in(credentials_of_somebody)
    assert [method for method, _ in seen] == requests
    assert seen[0][1] == b"email=%E5se%40example.invalid&password=p%40ss+%801&lang=no&rememberme=on"
    assert seen[1:] in ([], [("GET", b"")])


async def test_cookies_are_sent_back_as_they_came_and_forgotten_before_a_login() -> None:
    sent: list[str] = []

    async def respond(request: web.Request) -> web.Response:
        sent.append(request.headers.get("Cookie", ""))
        answer = web.Response(body=ntnui_pages.front_page(notice="Du er n&aring; innlogget som Åse Ø."))
        answer.headers.add("Set-Cookie", "NTNUITennis_brukernavn=ase@example.invalid; path=/")
        return answer

    somebody = Credentials(email="ase@example.invalid", password=SecretStr("1234"))
    async with serving(respond) as address, club_at(address).visit() as visit:
        await visit.log_in(somebody)
        await visit.look(SESSION)
        await visit.log_in(somebody)
    assert sent == ["", "NTNUITennis_brukernavn=ase@example.invalid", ""]


async def test_a_login_answer_that_proves_nothing_is_neither_success_nor_refusal() -> None:
    body = ntnui_pages.front_page(notice="Vi oppgraderer.", menu="")

    async def respond(_: web.Request) -> web.Response:
        return web.Response(body=body)

    async with serving(respond) as address, club_at(address).visit() as visit:
        with pytest.raises(PageNotUnderstood, match="neither proof nor refusal"):
            await visit.log_in(Credentials(email="a@example.invalid", password=SecretStr("1234")))
        assert visit.requests_sent == 1
