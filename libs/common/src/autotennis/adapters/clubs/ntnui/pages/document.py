"""What all pages of the club have in common: their letters, their links, and whether the visitor is logged in.

Pages are malformed (a cell straight after a row's end, stray end tags, entities without semicolon: seen on pages of
2017), so they are read with an HTML parser as tolerant as a browser's, and links are found by their parameters.
"""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from pydantic import ValidationError
from selectolax.lexbor import LexborNode

from autotennis.adapters.clubs.markup import fingerprint, lines, parsed
from autotennis.adapters.clubs.ntnui.links import SESSION_PAGE
from autotennis.domain.session import parse_start
from autotennis.values import Action, Session

# Pages call themselves ISO-8859-1, which for browsers is windows-1252, and no header says otherwise: the templates
# are written in entities, people's names in raw bytes (seen on saved pages).
CHARSET: Final = "cp1252"

# The parameters that make a session's address an action, each with the member's id (seen in links and captures).
ACTION_PARAMETERS: Final = {
    Action.SIGN_UP: "leggtilvikarid",
    Action.WITHDRAW: "fjernvikarid",
    Action.CONFIRM: "bekrefteid",
    Action.DECLINE: "kommerikkeid",
}

_MOST_NOTICES: Final = 8


@dataclass(frozen=True, slots=True)
class Link:
    """A link to a session's page, and the member's id for each action that following it would take."""

    node: LexborNode
    session: Session
    actions: dict[Action, int]


class Document:
    """One page. One that is far too large to be the club's is read as an empty one, which nobody understands."""

    def __init__(self, body: bytes) -> None:
        self._tree = parsed(body.decode(CHARSET, errors="replace"))

    @cached_property
    def content(self) -> LexborNode | None:
        """The part of the page that is about what was asked for: `#content`, or else all of it."""
        return self._tree.css_first("#content") or self._tree.body

    @cached_property
    def links(self) -> list[Link]:
        """All links to sessions, in the order of the page."""
        return [link for node in self._tree.css("a[href]") if (link := _session_link(node)) is not None]

    @cached_property
    def action_links(self) -> list[Link]:
        """The links that would take an action. The many others are not even read: a race waits for this."""
        marks = tuple(ACTION_PARAMETERS.values())
        nodes = [node for node in self._tree.css("a[href]") if any(mark in _href(node) for mark in marks)]
        return [link for node in nodes if (link := _session_link(node)) is not None and link.actions]

    @cached_property
    def is_logged_in(self) -> bool:
        """Whether it offers to log out (a link that every page had whose visitor was logged in, and no other)."""
        return self._leads_to("logout.php")

    @cached_property
    def is_logged_out(self) -> bool:
        """Whether it offers to log in or to become a member. The login form itself is no mark: every page has it."""
        return not self.is_logged_in and (bool(self._tree.css_first("#login")) or self._leads_to("nybruker.php"))

    @cached_property
    def asks_for_login(self) -> bool:
        """Whether the visitor is logged out, or there is nothing but a password to be given."""
        return self.is_logged_out or (not self.is_logged_in and bool(self._tree.css_first("input[type=password]")))

    @cached_property
    def notices(self) -> list[str]:
        """The texts of the club's notices (login, logout, news): the first ones of too many."""
        nodes = self._tree.css(".informasjon")[:_MOST_NOTICES]
        return [text for node in nodes if (text := " ".join(lines(node)))]

    @cached_property
    def club_member_id(self) -> int | None:
        """The visitor's own id: the one that all action links carry. None if there are none, or they disagree.

        Who is not logged in is shown no such links (seen in 2017), so a page that has both is not to be trusted.
        """
        if self.is_logged_out:
            return None
        ids = {member_id for link in self.action_links for member_id in link.actions.values()}
        return ids.pop() if len(ids) == 1 else None

    @cached_property
    def fingerprint(self) -> str:
        """Identifies the structure, and holds nothing of what the page says."""
        return fingerprint(self._tree)

    def links_in(self, query: str) -> list[Link]:
        """The links to sessions that lie in an element which a CSS query finds."""
        inside = {node.mem_id for node in self._tree.css(f"{query} a[href]")}
        return [link for link in self.links if link.node.mem_id in inside]

    def has(self, query: str) -> bool:
        """Whether a CSS query finds an element."""
        return self._tree.css_first(query) is not None

    def says(self, text: str) -> bool:
        """Whether this stands anywhere on the page. Notices are looked at first: they are short."""
        return any(text in notice for notice in self.notices) or text in " ".join(self.all_lines())

    def all_lines(self) -> list[str]:
        """The text of the whole page."""
        return lines(self._tree.body) if self._tree.body else []

    def _leads_to(self, page: str) -> bool:
        return any(_page_of(_href(node)) == page for node in self._tree.css(f'a[href*="{page}" i]'))


def _href(node: LexborNode) -> str:
    return (node.attributes.get("href") or "").strip()


def _page_of(href: str) -> str:
    try:
        return urlsplit(href).path.rpartition("/")[2].lower()
    except ValueError:
        return ""


def _session_link(node: LexborNode) -> Link | None:
    href = _href(node)
    if _page_of(href) != SESSION_PAGE:
        return None
    try:
        query = dict(parse_qsl(urlsplit(href).query, max_num_fields=50))
    except ValueError:
        return None
    session = _session(query)
    if session is None:
        return None
    ids = {action: _id(query.get(parameter, "")) for action, parameter in ACTION_PARAMETERS.items()}
    return Link(node, session, {action: member_id for action, member_id in ids.items() if member_id})


def _id(text: str) -> int:
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else 0


def _session(query: dict[str, str]) -> Session | None:
    start = parse_start(query.get("spilletid", ""))
    if start is None:
        return None
    try:
        return Session(timeid=_id(query.get("timeid", "")), start=start[0], padded=start[1])
    except ValidationError:
        return None
