"""Who is logged in: PHP's session cookie and the two remember-me cookies."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import quote

from practice_club.clock import NS_PER_S
from practice_club.people import Member

SESSION_COOKIE = "PHPSESSID"
USER_COOKIE = "NTNUITennis_brukernavn"  # seen in a client of the club; the third cookie's name is invented
TOKEN_COOKIE = "NTNUITennis_huskmeg"  # noqa: S105 - the name of a cookie, no secret
REMEMBERED_S = 90 * 24 * 3600


class SetCookie(NamedTuple):
    """One Set-Cookie line; without `max_age_s` the cookie lasts as long as the browser's session."""

    name: str
    value: str
    max_age_s: int | None = None


@dataclass(frozen=True, slots=True)
class Login:
    """A login: whose, and since when (club's clock)."""

    member_id: int
    email: str
    since_ns: int

    def is_over(self, now_ns: int, expires_s: float | None) -> bool:
        """Whether it is too old to be believed."""
        return expires_s is not None and now_ns - self.since_ns >= expires_s * NS_PER_S


class Logins:
    """All logins of the club."""

    def __init__(self) -> None:
        self._by_session: dict[str, Login] = {}
        self._by_token: dict[str, Login] = {}

    def open(self, member: Member, now_ns: int, *, raw_email: bool = False) -> list[SetCookie]:
        """Log a member in; gives the three cookies of a successful login."""
        login = Login(member.id, member.email, now_ns)
        session, token = secrets.token_hex(16), secrets.token_hex(16)
        self._by_session[session] = self._by_token[token] = login
        user = member.email if raw_email else quote(member.email, safe="")
        return [
            SetCookie(SESSION_COOKIE, session),
            SetCookie(USER_COOKIE, user, REMEMBERED_S),
            SetCookie(TOKEN_COOKIE, token, REMEMBERED_S),
        ]

    def find(self, cookies: Mapping[str, str], *, remembering: bool = True) -> Login | None:
        """Whose request it is, by the session cookie or else, where that is done, by the remember-me cookies."""
        login = self._by_session.get(cookies.get(SESSION_COOKIE, ""))
        if login is not None or not remembering:
            return login
        remembered = self._by_token.get(cookies.get(TOKEN_COOKIE, ""))
        return remembered if remembered and cookies.get(USER_COOKIE) == remembered.email else None

    def renew(self, login: Login, cookies: Mapping[str, str]) -> list[SetCookie]:
        """The new session cookie of a login that only the remember-me cookies carried."""
        if cookies.get(SESSION_COOKIE, "") in self._by_session:
            return []
        session = secrets.token_hex(16)
        self._by_session[session] = login
        return [SetCookie(SESSION_COOKIE, session)]

    def close(self, cookies: Mapping[str, str]) -> None:
        """Log out whoever sent these cookies."""
        self._by_session.pop(cookies.get(SESSION_COOKIE, ""), None)
        self._by_token.pop(cookies.get(TOKEN_COOKIE, ""), None)

    def cookie_values(self) -> frozenset[str]:
        """Every value of a cookie that opens a login: nobody who keeps logs may have one of them in there."""
        return frozenset((*self._by_session, *self._by_token))

    def expire(self, member_id: int | None = None) -> int:
        """End the logins of a member, or all; gives how many cookies became worthless."""
        ended = 0
        for logins in (self._by_session, self._by_token):
            for cookie, login in list(logins.items()):
                if member_id in {None, login.member_id}:
                    del logins[cookie]
                    ended += 1
        return ended
