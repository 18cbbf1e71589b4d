"""What came back from a club, however it was asked: the same rules for every kind of request."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final, Self

from yarl import URL

_OK: Final = 200
_REDIRECTS: Final = (301, 302, 303, 307, 308)
# Where caches say whether they had the answer: Squid and Varnish, nginx, Cloudflare, RFC 9211.
_CACHE_SAYS: Final = ("x-cache", "x-cache-status", "cf-cache-status", "cache-status")
_HIT: Final = re.compile(r"(?<![a-z])hit(?![a-z])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back.

    `status` is None if nothing did. `is_untrusted` tells that this is because the other side could not prove who it is,
    and was asked nothing. `body` is None unless the whole of it came within the limits. `sent_s` and `received_s` are
    readings of `Clock.monotonic_s`: just before the head of the request was written, and when the head of the answer
    was there. `date` is the other side's own stamp (UTC). `second_hand` tells that a cache says that it gave this
    answer.
    """

    sent_s: float
    received_s: float
    status: int | None = None
    date: datetime | None = None
    retry_after_s: float | None = None
    second_hand: bool = False
    is_untrusted: bool = False
    location: str | None = field(default=None, repr=False)
    body: bytes | None = field(default=None, repr=False)

    @property
    def is_busy(self) -> bool:
        """Whether the other side asks to be left alone for a while."""
        return self.status is not None and (self.status in (403, 429) or self.status >= 500)

    @property
    def page(self) -> bytes | None:
        """The page, where the whole of it came and nothing is amiss."""
        return self.body if self.status == _OK else None

    def answered(self, status: int, headers: Mapping[str, str], now: datetime, body: bytes | None) -> Self:
        """The same with an answer. The headers are asked for by names in small letters.

        `now` stands in for the other side's clock where that gave no date.
        """
        date = _instant(headers.get("date"))
        return replace(
            self,
            status=status,
            date=date,
            retry_after_s=_wait_s(headers.get("retry-after"), date or now),
            second_hand=_is_second_hand(headers),
            location=headers.get("location"),
            body=body,
        )

    def timed_as(self, first: Self) -> Self:
        """The same with the instants and the stamp of the first of several requests, the one that was timed."""
        return replace(
            self,
            sent_s=first.sent_s,
            received_s=first.received_s,
            date=first.date,
            second_hand=first.second_hand,
        )

    def redirect_within_host(self, url: URL) -> URL | None:
        """Where a redirect leads, if that is the same scheme, host and port: cookies go nowhere else."""
        return within_host(url, self.location) if self.status in _REDIRECTS else None


def within_host(url: URL, address: str | None) -> URL | None:
    """Where an address leads that stands on the page at `url`; None if there is none, or if it leaves the host."""
    if not address:
        return None
    try:
        target = url.join(URL(address)).with_fragment(None)
        return target if target.origin() == url.origin() else None
    except ValueError:
        return None


def _instant(text: str | None) -> datetime | None:
    """The instant in an HTTP header (UTC), None if it is missing or strange."""
    try:
        parsed = parsedate_to_datetime(text or "")
        return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError, IndexError):
        return None


def _wait_s(text: str | None, now: datetime) -> float | None:
    """The seconds in a Retry-After, which holds a number of them or an instant of the other side's clock."""
    if text is None:
        return None
    if text.strip().isascii() and text.strip().isdigit():
        return float(text.strip()[:9])
    until = _instant(text)
    return None if until is None else max(0.0, (until - now) / timedelta(seconds=1))


def _is_second_hand(headers: Mapping[str, str]) -> bool:
    # An age of 0 is said by some caches of an answer that they have just fetched.
    if headers.get("age", "").strip().strip("0").isdigit():
        return True
    return any(_HIT.search(headers.get(name, "")) for name in _CACHE_SAYS)
