"""A visitor's cookies."""

from collections.abc import Callable, Sequence
from http.cookies import Morsel
from ipaddress import ip_address

import aiohttp
from yarl import URL


class Cookies(aiohttp.CookieJar):
    """One visitor's cookie jar, which tells cheaply whether it may have changed.

    `changes` grows with each possible change, `emptied` with each emptying.
    """

    def __init__(self, host: str | None) -> None:
        # Cookies of a bare IP address are dropped unless the jar is told otherwise. A value with `@` comes back in
        # quotes unless they are forbidden.
        super().__init__(unsafe=_is_ip(host), quote_cookie=False)
        self.changes = 0
        self.emptied = 0

    def clear(self, predicate: Callable[[Morsel[str]], bool] | None = None) -> None:
        """Empties the jar, or takes out what the predicate picks."""
        self.changes += 1
        self.emptied += 1
        super().clear(predicate)

    def update_cookies_from_headers(self, headers: Sequence[str], response_url: URL) -> None:
        """Takes what an answer set."""
        self.changes += 1
        super().update_cookies_from_headers(headers, response_url)

    def header_for(self, url: URL) -> str:
        """What a request to that address says in its Cookie header; empty if there is nothing to say."""
        return "; ".join(f"{cookie.key}={cookie.coded_value}" for cookie in self.filter_cookies(url).values())


def _is_ip(host: str | None) -> bool:
    try:
        ip_address(host or "")
    except ValueError:
        return False
    return True
