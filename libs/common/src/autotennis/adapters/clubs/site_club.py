"""A club that is one web site: its links, what it has, and its visitors."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Generic, TypeVar
from urllib.parse import SplitResult

from autotennis.adapters.clubs.limits import Limits
from autotennis.adapters.clubs.site import Site
from autotennis.adapters.clubs.transport import Manners, Transport
from autotennis.domain.club import ClubRules
from autotennis.ports import Clock, Club, ClubLinks, Traits, Visit
from autotennis.values import Pointer, Session

_Links = TypeVar("_Links", bound=ClubLinks)


@dataclass(frozen=True, slots=True)
class Sites(Generic[_Links]):
    """Sites of one kind: how their links read, who visits them, what they have, and how they are asked.

    It makes such clubs, as `ClubKind.opens` does.
    """

    links: Callable[[ClubRules], _Links]
    visit: Callable[[_Links, Transport], Visit]
    traits: Traits
    manners: Manners = field(default_factory=Manners)

    def __call__(self, rules: ClubRules, user_agent: str, clock: Clock, limits: Limits) -> Club:
        """The club that the rules describe."""
        return SiteClub(self, rules, Site(rules.root, user_agent, clock, limits, self.manners))


class SiteClub(Generic[_Links]):
    """The port Club."""

    def __init__(self, sites: Sites[_Links], rules: ClubRules, site: Site) -> None:
        self._sites = sites
        self._links = sites.links(rules)
        self._site = site

    @property
    def rules(self) -> ClubRules:
        """The club as its operator describes it."""
        return self._links.rules

    @property
    def traits(self) -> Traits:
        """What this kind of club has."""
        return self._sites.traits

    @property
    def good_link(self) -> str:
        """What a link to a session of this club looks like."""
        return self._links.good_link

    def link(self, session: Session) -> str:
        """The address of a session's page, in the form that the club writes itself."""
        return self._links.link(session)

    def session_of(self, url: SplitResult) -> Session | Pointer:
        """The session that an address of this club's leads to. Raises BadLink."""
        return self._links.session_of(url)

    @asynccontextmanager
    async def visit(self) -> AsyncGenerator[Visit]:
        """A visitor who is not logged in."""
        async with self._site.visitor() as transport:
            yield self._sites.visit(self._links, transport)
