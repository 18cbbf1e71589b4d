"""Pages as HTML, however malformed or hostile: parsed with bounds, read line by line, and told apart by structure."""

import hashlib
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final

from pydantic import BaseModel, ValidationError
from selectolax.lexbor import LexborHTMLParser, LexborNode

# The largest page of a club that we know has 3,300 tags. What elements that lie in each other, or the attributes of
# one, take to be read grows with the square of their number, in the event loop of a race: a page far beyond these could
# hold up everybody else for minutes.
_MOST_LETTERS: Final = 500_000
_MOST_TAGS: Final = 10_000
_ENDLESS_TAG: Final = re.compile("<[^<>]{10000}")
# A fingerprint is made of elements' names: it only matters that the same bytes are always the same letters.
_ANY_CHARSET: Final = "cp1252"
_UNSEEN: Final = frozenset({"script", "style", "template", "noscript", "title", "head"})
_INLINE: Final = frozenset(
    {"a", "abbr", "acronym", "b", "big", "code", "em", "font", "i", "label", "small", "span", "strong", "sub", "sup"}
    | {"tt", "u"}
)
_BLANKS: Final = frozenset({"td", "th", "br"})


class _Structured(BaseModel):
    startDate: str  # noqa: N815 (schema.org)


def parsed(html: str) -> LexborHTMLParser:
    """The page, as tolerantly as a browser reads it. One that is far too large to be a club's is read as an empty one,
    which nobody understands.
    """
    is_endless = len(html) > _MOST_LETTERS or html.count("<") > _MOST_TAGS or _ENDLESS_TAG.search(html)
    return LexborHTMLParser("" if is_endless else html)


def fingerprint(tree: LexborHTMLParser) -> str:
    """Identifies the structure: which elements, with which ids and classes, lie in which. Never any text.

    How many rows or people there are makes no difference; nor do digits, which could be somebody's id.
    """
    kinds = {f"{_kind(node.parent)}>{_kind(node)}" for node in tree.root.traverse()} if tree.root else set[str]()
    return hashlib.sha256("\n".join(sorted(kinds)).encode()).hexdigest()[:16]


def fingerprint_of(body: bytes) -> str:
    """The fingerprint of a page in whatever letters."""
    return fingerprint(parsed(body.decode(_ANY_CHARSET, errors="replace")))


def lines(node: LexborNode, skip: Callable[[LexborNode], bool] = lambda _: False) -> list[str]:
    """The text of an element line by line, blanks squeezed, a table's row on one line; empty lines are left out."""
    text = "".join(_pieces(node, skip))
    return [line for raw in text.split("\n") if (line := " ".join(raw.split()))]


def text_lines(html: str) -> list[str]:
    """The text of a piece of HTML, such as a tooltip's, line by line."""
    body = parsed(html).body
    return lines(body) if body else []


def classes(node: LexborNode) -> set[str]:
    """The element's classes."""
    return set((node.attributes.get("class") or "").split())


def instant(node: LexborNode | None, attribute: str) -> datetime | None:
    """The exact instant (UTC) in an attribute; None if there is none."""
    return _instant_of((node.attributes.get(attribute) if node else None) or "")


def structured_start(page: LexborHTMLParser) -> datetime | None:
    """When an event starts (UTC), as its page tells search engines (schema.org). A day alone is no start."""
    for node in page.css("script[type='application/ld+json']"):
        with suppress(ValidationError):
            return _instant_of(_Structured.model_validate_json(node.text()).startDate)
    return None


def _instant_of(text: str) -> datetime | None:
    with suppress(ValueError, OverflowError):
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo else None
    return None


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
