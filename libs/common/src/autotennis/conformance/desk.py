"""What all cases have in hand: the club, who may log in there, the sessions that may be used, and what was taken."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Final

from autotennis.conformance.guest import Guest, Member
from autotennis.conformance.outcome import Failed, Missing
from autotennis.conformance.pace import Pace
from autotennis.conformance.plan import Plan
from autotennis.domain.member import Credentials
from autotennis.errors import BadLink, LoginRefused
from autotennis.links import parse_link
from autotennis.ports import Clock, Club
from autotennis.values import Pointer, Session, VerdictKind

_IN_WORDS: Final = ("login", "second_login")
# Pages that can only be seen by who has no place.
_NOT_IN: Final = frozenset(
    {
        VerdictKind.FREE,
        VerdictKind.FULL,
        VerdictKind.NOT_OPEN,
        VerdictKind.ON_LIST,
        VerdictKind.CANCELLED,
        VerdictKind.NO_SESSION,
    }
)


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be checked: a club, with what the plan allows, by members with these logins (none, one or two)."""

    club: Club
    clock: Clock
    plan: Plan
    logins: Sequence[Credentials] = ()
    look_only: bool = False


class Desk:
    """One check of a club. Each member logs in once, and stays for the whole check."""

    def __init__(self, order: Order, stack: AsyncExitStack) -> None:
        self.order = order
        self.club = order.club
        self.pace = Pace(order.clock, order.plan.pause_s)
        self.signed_up: Session | None = None
        self._stack = stack
        self._guests: list[Guest] = []
        self._nobody: Guest | None = None
        self._members: dict[int, Member] = {}
        self._shut_out: set[int] = set()
        self._sessions: dict[str, Session] = {}
        self._touched: list[tuple[Member, Session]] = []

    @property
    def requests_sent(self) -> int:
        """How many requests the club was sent, by its client's own count."""
        return sum(guest.visit.requests_sent for guest in self._guests)

    async def stranger(self) -> Guest:
        """A new visitor who is not logged in."""
        guest = Guest(await self._stack.enter_async_context(self.club.visit()), self.pace)
        self._guests.append(guest)
        return guest

    async def nobody(self) -> Guest:
        """The visitor who never logs in."""
        self._nobody = self._nobody or await self.stranger()
        return self._nobody

    async def member(self, number: int = 0) -> Member:
        """The first or the second member, logged in. Raises Missing where the plan has none, Failed if it fails.

        A login that failed is not tried again: clubs lock accounts for that.
        """
        if number >= len(self.order.logins):
            raise Missing(f"the plan has no {_IN_WORDS[number]}")
        if number in self._shut_out:
            raise Missing(f"the {_IN_WORDS[number]} failed, and is not tried again")
        if number not in self._members:
            self._shut_out.add(number)
            self._members[number] = await self._logged_in(self.order.logins[number])
            self._shut_out.discard(number)
        return self._members[number]

    async def reader(self) -> Guest:
        """Who looks at pages: the first member, or nobody where the plan has no login."""
        return (await self.member()).guest if self.order.logins else await self.nobody()

    async def session(self, name: str) -> Session:
        """The session that a link of the plan leads to. Raises Missing for none, Failed for one that is not taken."""
        if name not in self._sessions:
            self._sessions[name] = await self._found(self.link(name))
        return self._sessions[name]

    def link(self, name: str) -> str:
        """A link of the plan. Raises Missing."""
        link: str = getattr(self.order.plan.links, name)
        if not link:
            raise Missing(f"the plan names no link `{name}`")
        return link

    def touched(self, member: Member, session: Session) -> None:
        """A place may be taken for the member from now on: it is given back at the end, if it is still there."""
        self._touched.append((member, session))

    async def given_back(self) -> Sequence[str]:
        """Gives back what is still taken; the links of those that could not be."""
        left: list[str] = []
        for member, session in dict.fromkeys(self._touched):
            if not await _let_go(member, session):
                left.append(self.club.link(session))
        return left

    async def _logged_in(self, credentials: Credentials) -> Member:
        guest = await self.stranger()
        try:
            answer = await guest.ask(lambda visit: visit.log_in(credentials))
        except LoginRefused as error:
            raise Failed(f"the login of the plan is refused: {error}") from None
        return Member(guest, credentials, answer, guest.visit.requests_sent)

    async def _found(self, link: str) -> Session:
        try:
            _, named = parse_link(link, [self.club])
        except BadLink as error:
            raise Failed(f"the link {link} is not taken: {error}") from None
        if isinstance(named, Pointer):
            pointer = named
            return await (await self.reader()).ask(lambda visit: visit.find(pointer))
        return named


async def _let_go(member: Member, session: Session) -> bool:
    """Whether a look shows for certain that nothing of the session is the member's any more."""
    said = await member.guest.says(session)
    if said is VerdictKind.HELD:
        said = (await member.act(lambda visit: visit.release, session)).verdict.kind
    if said is VerdictKind.SIGNED_UP:
        await member.act(lambda visit: visit.withdraw, session)
        said = await member.guest.says(session)
    return said in _NOT_IN


@asynccontextmanager
async def desk_of(order: Order) -> AsyncGenerator[Desk]:
    """A desk; its visits end with the context."""
    async with AsyncExitStack() as stack:
        yield Desk(order, stack)
