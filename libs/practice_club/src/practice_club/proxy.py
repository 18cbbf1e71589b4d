"""A proxy in front of the club that answers plain pages itself for a while. Pure."""

from collections.abc import Hashable
from typing import NamedTuple

from practice_club.clock import NS_PER_S
from practice_club.knobs import CachedPages
from practice_club.site import Reply, Visit
from practice_club.vocabulary import Action


class Kept(NamedTuple):
    """A page that the proxy has: since when (machine's clock), and its `Date` (club's clock)."""

    reply: Reply
    since_ns: int
    date_ns: int

    def age_s(self, now_ns: int) -> int:
        """How old it is, in whole seconds."""
        return (now_ns - self.since_ns) // NS_PER_S


class Proxy:
    """Keeps plain pages: one copy for visitors who are logged in and one for the others."""

    def __init__(self) -> None:
        self._caching: CachedPages | None = None
        self._kept: dict[Hashable, Kept] = {}

    def use(self, caching: CachedPages | None) -> None:
        """Keep pages as this says from now on; None: not at all."""
        if caching != self._caching:
            self._caching = caching
            self._kept.clear()

    def find(self, visit: Visit, member_id: int | None, now_ns: int) -> Kept | None:
        """The page that it answers with, at an instant of the machine's clock; None if the club has to."""
        kept = self._kept.get(_key(visit, member_id)) if self._caching else None
        if kept is None or self._caching is None:
            return None
        fresh = kept.since_ns <= now_ns < kept.since_ns + round(self._caching.seconds * NS_PER_S)
        return kept if fresh else None

    def keep(self, visit: Visit, reply: Reply, since_ns: int, date_ns: int) -> None:
        """Take note of what the club has answered, if it is a plain page that holds nobody's cookies."""
        if self._caching is not None and is_plain(visit, reply):
            self._kept[_key(visit, reply.member_id)] = Kept(reply, since_ns, date_ns)


def is_plain(visit: Visit, reply: Reply) -> bool:
    """Whether it is a page that a proxy may keep."""
    asked = visit.action is Action.PAGE and visit.method in {"GET", "HEAD"}
    return asked and reply.status == 200 and not reply.cookies


def _key(visit: Visit, member_id: int | None) -> Hashable:
    return (visit.path, tuple(sorted(visit.query.items())), member_id is not None)
