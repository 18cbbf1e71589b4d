"""Sessions: reading a pasted link, writing one, and when a session starts."""

import html
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from autotennis.domain.club import ClubRules
from autotennis.errors import BadLink, LinkProblem
from autotennis.values import Session

SESSION_PAGE: Final = "timeinfo.php"
_LONGEST_LINK: Final = 2000
# `20170210T9:00:00` was seen in links of 2017, `T09` is demanded by other readers in 2025: both are honest.
_START: Final = re.compile(r"(\d{4})(\d{2})(\d{2})T(\d{1,2}):(\d{2}):(\d{2})", re.IGNORECASE)


def session_link(club: ClubRules, session: Session) -> str:
    """The address of a session's page at the club, in the form that the club writes itself."""
    query = {"timeid": str(session.timeid), "spilletid": start_text(session), "lang": "no"}
    return f"{club.root}{SESSION_PAGE}?{urlencode(query, safe=':')}"


def start_text(session: Session) -> str:
    """The start as the club's links write it, with or without a zero before a single-digit hour, as pasted."""
    start = session.start
    hour = f"{start.hour:02d}" if session.padded else str(start.hour)
    return f"{start:%Y%m%d}T{hour}:{start:%M}:{start:%S}"


def good_link(club: ClubRules) -> str:
    """What a link to a session of this club looks like, to show to somebody whose link is not good."""
    return session_link(club, Session(timeid=65, start=datetime(2026, 12, 1, 15, 0)))  # noqa: DTZ001 (local by nature)


def parse_link(text: str, clubs: Iterable[ClubRules]) -> tuple[ClubRules, Session]:
    """The club and the session that a pasted link leads to.

    Any honest form is taken: any order of the parameters, more parameters, `&amp;`, a fragment, no `www`, no scheme,
    capitals, blanks around, an unpadded hour. Raises BadLink with what is wrong and what a good link looks like.
    """
    known = tuple(clubs)
    shown = good_link(known[0])
    url = _split(text, shown)
    club = _club_of(url, known, shown)
    shown = good_link(club)
    if not url.path.lower().endswith("/" + SESSION_PAGE):
        raise BadLink(LinkProblem.NOT_A_SESSION, f"This is not the page of one session at {club.name}.", shown)
    query = {name.lower(): value.strip() for name, value in parse_qsl(url.query, keep_blank_values=True)}
    return club, _session(query, shown)


def _split(text: str, shown: str) -> SplitResult:
    pasted = html.unescape(text.strip()).strip("<>\"' \t\r\n")
    if not pasted:
        raise BadLink(LinkProblem.EMPTY, "The link is empty.", shown)
    if "://" not in pasted:
        pasted = f"https://{pasted}"
    try:
        url = urlsplit(pasted)
        _ = url.port
    except ValueError:
        raise BadLink(LinkProblem.NOT_A_LINK, "This is not a link.", shown) from None
    if len(pasted) > _LONGEST_LINK or not url.hostname or re.search(r"\s", pasted):
        raise BadLink(LinkProblem.NOT_A_LINK, "This is not a link.", shown)
    if url.scheme.lower() not in ("http", "https"):
        raise BadLink(LinkProblem.NOT_A_LINK, "A link starts with https://.", shown)
    return url


def _club_of(url: SplitResult, clubs: tuple[ClubRules, ...], shown: str) -> ClubRules:
    for club in clubs:
        base = urlsplit(club.root)
        hosts = {_bare(base.hostname or ""), *(_bare(host) for host in club.other_hosts)}
        if _bare(url.hostname or "") in hosts and (url.port or _port(url)) in (_port(url), base.port):
            return club
    names = ", ".join(club.name for club in clubs)
    raise BadLink(LinkProblem.OTHER_SITE, f"This link leads to another site than {names}.", shown)


def _port(url: SplitResult) -> int:
    return 443 if url.scheme.lower() == "https" else 80


def _bare(host: str) -> str:
    return host.lower().rstrip(".").removeprefix("www.")


def _session(query: dict[str, str], shown: str) -> Session:
    timeid = query.get("timeid", "")
    if not timeid:
        raise BadLink(LinkProblem.NO_TIMEID, "The link has no timeid, the number of the session.", shown)
    if not re.fullmatch(r"[0-9]{1,9}", timeid) or int(timeid) == 0:
        raise BadLink(LinkProblem.BAD_TIMEID, "The link's timeid is not a number.", shown)
    spilletid = query.get("spilletid", "")
    if not spilletid:
        raise BadLink(LinkProblem.NO_START, "The link has no spilletid, the start of the session.", shown)
    start = parse_start(spilletid)
    if start is None:
        raise BadLink(LinkProblem.BAD_START, "The link's spilletid is not a date and a time.", shown)
    return Session(timeid=int(timeid), start=start[0], padded=start[1])


def parse_start(text: str) -> tuple[datetime, bool] | None:
    """The local start in a link's `spilletid` and whether its hour is written with two digits; None if it is none."""
    match = _START.fullmatch(text)
    if not match:
        return None
    year, month, day, hour, minute, second = (int(part) for part in match.groups())
    try:
        start = datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 (the club's links name no zone)
        Session(timeid=1, start=start)
    except (ValueError, ValidationError):
        return None
    return start, len(match.group(4)) == 2


def starts_at(session: Session, zone: ZoneInfo) -> datetime:
    """The start in UTC.

    An hour that the change of the clocks skips counts as the one after it, one that it repeats as its first.
    """
    return session.start.replace(tzinfo=zone, fold=0).astimezone(UTC)


def next_week(session: Session) -> Session:
    """The same weekly slot seven days later at the same local time, also over a change of the clocks.

    Only a guess until the club's timetable shows it: slots are given to other hours now and then (seen in 2017).
    """
    return session.model_copy(update={"start": session.start + timedelta(days=7)})
