"""What all pages of the club have in common: their letters, their links, and whether the visitor is logged in.

Pages are malformed (a cell straight after a row's end, stray end tags, entities without semicolon: seen on pages of
2017), so they are read with an HTML parser as tolerant as a browser's, and links are found by their parameters.
"""

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from pydantic import ValidationError
from selectolax.lexbor import LexborHTMLParser, LexborNode

from autotennis.domain.session import SESSION_PAGE, parse_start
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

_UNSEEN: Final = frozenset({"script", "style", "template", "noscript", "title", "head"})
_INLINE: Final = frozenset(
    {"a", "abbr", "acronym", "b", "big", "code", "em", "font", "i", "label", "small", "span", "strong", "sub", "sup"}
    | {"tt", "u"}
)
_BLANKS: Final = frozenset({"td", "th", "br"})


@dataclass(frozen=True, slots=True)
class Link:
    """A link to a session's page, and the member's id for each action that following it would take."""

    node: LexborNode
    session: Session
    actions: dict[Action, int]


class Document:
    """One page."""

    def __init__(self, body: bytes) -> None:
        self._tree = LexborHTMLParser(body.decode(CHARSET, errors="replace"))

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
        """The texts of the club's notices (login, logout, news)."""
        return [text for node in self._tree.css(".informasjon") if (text := " ".join(lines(node)))]

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
        """Identifies the structure: which elements, with which ids and classes, lie in which. Never any text.

        How many rows or people there are makes no difference; nor do digits, which could be somebody's id.
        """
        root = self._tree.root
        kinds = {f"{_kind(node.parent)}>{_kind(node)}" for node in root.traverse()} if root else set[str]()
        return hashlib.sha256("\n".join(sorted(kinds)).encode()).hexdigest()[:16]

    def has(self, query: str) -> bool:
        """Whether a CSS query finds an element."""
        return self._tree.css_first(query) is not None

    def all_lines(self) -> list[str]:
        """The text of the whole page."""
        return lines(self._tree.body) if self._tree.body else []

    def _leads_to(self, page: str) -> bool:
        return any(_page_of(_href(node)) == page for node in self._tree.css(f'a[href*="{page}" i]'))


def lines(node: LexborNode, skip: Callable[[LexborNode], bool] = lambda _: False) -> list[str]:
    """The text of an element line by line, blanks squeezed, a table's row on one line; empty lines are left out."""
    text = "".join(_pieces(node, skip))
    return [line for raw in text.split("\n") if (line := " ".join(raw.split()))]


def text_lines(html: str) -> list[str]:
    """The text of a piece of HTML, such as a tooltip's, line by line."""
    body = LexborHTMLParser(html).body
    return lines(body) if body else []


def _pieces(top: LexborNode, skip: Callable[[LexborNode], bool]) -> Iterator[str]:
    # Not by recursion: a hostile page can be nested deeper than Python's stack.
    waiting: list[LexborNode | str] = [top]
    while waiting:
        node = waiting.pop()
        if isinstance(node, str):
            yield node
        elif node.is_text_node:
            yield (node.text_content or "").replace("\n", " ")
        elif node.is_element_node and node.tag not in _UNSEEN and not skip(node):
            around = " " if node.tag in _BLANKS else "" if node.tag in _INLINE else "\n"
            waiting += [around, *reversed(list(node.iter(include_text=True))), around]


def _kind(node: LexborNode | None) -> str:
    if node is None:
        return ""
    named = f"{node.tag}#{node.id or ''}.{node.attributes.get('class') or ''}"
    return re.sub(r"[0-9]+", "", " ".join(named.split()))


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
