"""The club's answers as they go out: status, headers, cookies, `Date`, and what a proxy in front makes of them."""

import re
from datetime import UTC, datetime
from email.utils import format_datetime
from html import unescape
from http import HTTPStatus

from aiohttp import web

from practice_club.clock import NS_PER_S
from practice_club.club import PracticeClub
from practice_club.logins import SetCookie
from practice_club.reception import Outcome
from practice_club.record import RequestRecord
from practice_club.site import Reply

# Entities of letters beyond ASCII, and none of those that HTML itself is written with.
_LETTER = re.compile(r"&[A-Za-z](?:acute|grave|circ|uml|ring|slash|tilde|cedil|lig);")

PHP_HEADERS = {
    "Server": "Apache",
    "Expires": "Thu, 19 Nov 1981 08:52:00 GMT",
    "Cache-Control": "no-store, no-cache, must-revalidate",
    "Pragma": "no-cache",
}


class Answers:
    """Writes the answers of one club."""

    def __init__(self, club: PracticeClub) -> None:
        self._club = club

    def page(self, outcome: Outcome, root: str) -> web.Response:
        """The page that the club has decided on; `root` is the site's address, for a redirection."""
        record, reply = outcome.record, outcome.reply
        if reply is None:
            raise ValueError("the club has not decided on this request")
        response = self._of(reply, record, record.answered_ns or record.arrived_ns)
        if reply.location is not None:
            response.headers["Location"] = root + reply.location
        for cookie in reply.cookies:
            response.headers.add("Set-Cookie", _cookie_line(cookie, record.answered_ns or 0))
        return response

    def second_hand(self, outcome: Outcome) -> web.Response:
        """A page that the proxy has, with the `Date` that it had when the club made it."""
        kept, caching = outcome.kept, self._club.knobs.cached_pages
        if kept is None:
            raise ValueError("the proxy has no page for this request")
        response = self._of(kept.reply, outcome.record, kept.date_ns)
        if caching is not None and caching.age:
            response.headers["Age"] = str(kept.age_s(outcome.answered_ns))
        return response

    def refusal(self, record: RequestRecord, status: int, retry_after_s: int | None) -> web.Response:
        """The web server's own error page: quick, without the club's program behind it."""
        phrase = HTTPStatus(status).phrase
        body = f"<html><body><h1>{status} {phrase}</h1></body></html>".encode()
        response = self._stamped(record, status, body, record.answered_ns or record.arrived_ns)
        if retry_after_s is not None:
            response.headers["Retry-After"] = str(retry_after_s)
        return response

    def moved(self, record: RequestRecord, location: str) -> web.Response:
        """What was asked for is elsewhere, says something in front of the club, and gives a cookie for that."""
        response = self._stamped(record, 302, b"", record.answered_ns or record.arrived_ns)
        response.headers["Location"] = location
        response.headers["Set-Cookie"] = "portal=let-me-in; path=/"
        return response

    def _of(self, reply: Reply, record: RequestRecord, date_ns: int) -> web.Response:
        return self._stamped(record, reply.status, reply.body, date_ns)

    def _stamped(self, record: RequestRecord, status: int, body: bytes, date_ns: int) -> web.Response:
        """An answer whose `Date` is a whole second: the one in which the club's work ended."""
        record.status = status
        response = web.Response(status=status, body=body, content_type="text/html", headers=PHP_HEADERS)
        response.headers["Date"] = http_date(date_ns)
        if self._club.knobs.via is not None:
            response.headers["Via"] = self._club.knobs.via
        return response


def in_other_letters(page: web.Response) -> web.Response:
    """The page in UTF-8, as a site sends it that was moved to a newer server: its letters as they are, no entities."""
    body = page.body if isinstance(page.body, bytes) else b""
    text = _LETTER.sub(lambda found: unescape(found[0]), body.decode("cp1252", "replace"))
    page.body = text.replace("charset=ISO-8859-1", "charset=utf-8").encode()
    page.charset = "utf-8"
    return page


def http_date(moment_ns: int) -> str:
    """The `Date` of an instant: whole seconds, cut off."""
    return format_datetime(datetime.fromtimestamp(moment_ns // NS_PER_S, tz=UTC), usegmt=True)


def _cookie_line(cookie: SetCookie, now_ns: int) -> str:
    line = f"{cookie.name}={cookie.value}"
    if cookie.max_age_s is not None:
        line += f"; expires={http_date(now_ns + cookie.max_age_s * NS_PER_S)}; Max-Age={cookie.max_age_s}"
    return line + "; path=/"
