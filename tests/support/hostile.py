"""Texts that break out of a page which shows them as anything but text, from everywhere that texts come from."""

import re
from typing import Final

from support.stage import Texts

# Ends a tag and a quotation, begins an element that runs a script, and is an expression to a template engine.
_HOSTILE: Final = "\"'><img/src='x'onerror=a({})>{{{{7*7}}}}"
SOURCES: Final = (
    "group", "owner", "friend", "another friend", "address", "token", "browser", "channel", "another channel",
    "trouble", "pause", "failure", "place", "court", "dead letter",
)  # fmt: skip


def hostile(source: str) -> str:
    """The text that comes from there, which no other does."""
    return _HOSTILE.format(SOURCES.index(source))


HOSTILE: Final = Texts(
    group=hostile("group"),
    owner=hostile("owner"),
    friends=(hostile("friend"), hostile("another friend")),
    address=hostile("address"),
    token=hostile("token"),
    browser=hostile("browser"),
    channels=(hostile("channel"), hostile("another channel")),
    trouble=hostile("trouble"),
    pause=hostile("pause"),
    failure=hostile("failure"),
    session={"place": hostile("place"), "court": hostile("court")},
)


def shown_by(text: str) -> set[str]:
    """Which of the sources a page's text, with its entities read, shows."""
    return {source for source in SOURCES if hostile(source) in text}


def broken_out(page: str) -> list[str]:
    """Where one of the texts is part of the page's HTML: an element, or the end of a quotation, and not text."""
    return re.findall(r".{0,60}<img/src.{0,40}|.{0,60}=\"\"'.{0,40}|.{0,40}onerror=a\(\d+\)>49.{0,20}", page)
