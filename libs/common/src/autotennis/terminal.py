"""Texts for a terminal: what others wrote (a club, a member, who sent a request) must not steer it."""

from typing import Final

_LINE_ENDS: Final = frozenset("\n\t")


def shown(text: str) -> str:
    """The text with whatever does not print written out as `\\x1b`: it moves no cursor, colours and hides nothing."""
    return "".join(one if one in _LINE_ENDS or one.isprintable() else _written_out(one) for one in text)


def in_one_line(text: str) -> str:
    """The same without ends of lines, so that it cannot pass for several of ours."""
    return "".join(one if one.isprintable() else _written_out(one) for one in text)


def _written_out(one: str) -> str:
    return one.encode("unicode_escape").decode()
