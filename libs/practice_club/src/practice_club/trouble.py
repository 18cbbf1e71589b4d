"""Faults on demand and the flood guard: which request meets which trouble. Pure: it is given the instant."""

from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import NamedTuple

from practice_club.clock import NS_PER_S
from practice_club.knobs import BanKey, Fault, FaultKind, FloodGuard, Knobs, Rate
from practice_club.vocabulary import Action

STATUS_OF = {
    FaultKind.FORBIDDEN: 403,
    FaultKind.TOO_MANY_REQUESTS: 429,
    FaultKind.UNAVAILABLE: 503,
    FaultKind.SERVER_ERROR: 500,
}


class Caller(NamedTuple):
    """What faults and the flood guard look at."""

    action: Action
    member_id: int | None
    address: str
    user_agent: str


class Ban(NamedTuple):
    """The flood guard shut somebody out; `requests` were seen within its time."""

    at_ns: int
    until_ns: int
    who: str
    requests: int


@dataclass(slots=True)
class _Recent:
    """Instants of the latest requests, for a rate."""

    times_ns: deque[int] = field(default_factory=deque[int])

    def count(self, now_ns: int, rate: Rate) -> int:
        """Note one more; gives how many came within the rate's time."""
        self.times_ns.append(now_ns)
        oldest_ns = now_ns - round(rate.seconds * NS_PER_S)
        while self.times_ns[0] < oldest_ns:
            self.times_ns.popleft()
        return len(self.times_ns)


@dataclass(slots=True)
class _ArmedFault:
    fault: Fault
    seen: int = 0
    hits: int = 0
    recent: _Recent = field(default_factory=_Recent)

    def hit(self, caller: Caller, now_ns: int) -> bool:
        """Whether this request meets the fault."""
        fault = self.fault
        if fault.action not in {None, caller.action} or fault.member_id not in {None, caller.member_id}:
            return False
        self.seen += 1
        busy = fault.after is None or self.recent.count(now_ns, fault.after) > fault.after.requests
        if self.seen <= fault.skip or not busy or (fault.times is not None and self.hits >= fault.times):
            return False
        self.hits += 1
        return True


class Troubles:
    """All faults that are set, and the flood guard with its bans."""

    def __init__(self) -> None:
        self.bans: list[Ban] = []
        self._faults: list[_ArmedFault] = []
        self._guard: FloodGuard | None = None
        self._recent: defaultdict[str, _Recent] = defaultdict(_Recent)
        self._banned_until_ns: dict[str, int] = {}

    def use(self, knobs: Knobs) -> None:
        """Arm these faults; those that are set already keep their counts."""
        if tuple(armed.fault for armed in self._faults) != knobs.faults:
            self._faults = [_ArmedFault(fault) for fault in knobs.faults]
        if knobs.flood_guard != self._guard:
            self._guard = knobs.flood_guard
            self._recent.clear()
            self._banned_until_ns.clear()

    def fault_for(self, caller: Caller, now_ns: int) -> Fault | None:
        """The fault that a request meets, if any; every fault counts the request."""
        hit = [armed.fault for armed in self._faults if armed.hit(caller, now_ns)]
        return hit[0] if hit else None

    def ban_for(self, caller: Caller, now_ns: int) -> FloodGuard | None:
        """The flood guard, if it shuts this request out."""
        guard = self._guard
        if guard is None:
            return None
        who = _who(guard.by, caller)
        requests = self._recent[who].count(now_ns, guard.limit)
        if now_ns < self._banned_until_ns.get(who, 0):
            return guard
        if requests <= guard.limit.requests:
            return None
        self._banned_until_ns[who] = until_ns = now_ns + round(guard.ban_s * NS_PER_S)
        self.bans.append(Ban(now_ns, until_ns, who, requests))
        return guard


def _who(by: BanKey, caller: Caller) -> str:
    if by is BanKey.ADDRESS:
        return caller.address
    return caller.user_agent if by is BanKey.USER_AGENT else f"member {caller.member_id}"
