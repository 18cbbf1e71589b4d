"""Pasted links: the club that one leads to, and the session there."""

import html
import re
from collections.abc import Iterable, Sequence
from typing import Final, TypeVar
from urllib.parse import SplitResult, urlsplit

from autotennis.errors import BadLink, LinkProblem
from autotennis.ports import ClubLinks
from autotennis.values import Pointer, Session

_Links = TypeVar("_Links", bound=ClubLinks)

_LONGEST_LINK: Final = 2000


def parse_link(text: str, clubs: Iterable[_Links]) -> tuple[_Links, Session | Pointer]:
    """The club and the session that a pasted link leads to.

    Any honest form is taken: `&amp;`, a fragment, no `www`, no scheme, capitals, blanks around, and whatever else the
    club takes. Raises BadLink with what is wrong and what a good link looks like.
    """
    known = tuple(clubs)
    url = _split(text, known[0].good_link)
    club = _club_of(url, known)
    return club, club.session_of(url)


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


def _club_of(url: SplitResult, clubs: Sequence[_Links]) -> _Links:
    """The club at this host; where several are at one host, the one whose address is the longest part of the link's."""
    there = [club for club in clubs if _is_at(url, club)]
    if not there:
        names = ", ".join(club.rules.name for club in clubs)
        raise BadLink(LinkProblem.OTHER_SITE, f"This link leads to another site than {names}.", clubs[0].good_link)
    under = [club for club in there if f"{url.path.lower()}/".startswith(_path_of(club))]
    return max(under, key=lambda club: len(_path_of(club)), default=there[0])


def _is_at(url: SplitResult, club: ClubLinks) -> bool:
    base = urlsplit(club.rules.root)
    hosts = {_bare(base.hostname or ""), *(_bare(host) for host in club.rules.other_hosts)}
    return _bare(url.hostname or "") in hosts and (url.port or _port(url)) in (_port(url), base.port)


def _path_of(club: ClubLinks) -> str:
    return urlsplit(club.rules.root).path.lower()


def _port(url: SplitResult) -> int:
    return 443 if url.scheme.lower() == "https" else 80


def _bare(host: str) -> str:
    return host.lower().rstrip(".").removeprefix("www.")
