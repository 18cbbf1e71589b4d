"""The states of a booking, the moves between them, and who may make them."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from autotennis.flow import Service


class State(StrEnum):
    """Where a booking stands."""

    REQUESTED = "requested"
    SCHEDULED = "scheduled"
    SIGNING_UP = "signing_up"
    WAITING = "waiting"
    BOOKED = "booked"
    FAILED = "failed"
    CANCELLED = "cancelled"
    WITHDRAWN = "withdrawn"


class Fact(StrEnum):
    """What can happen to a booking."""

    WAKE_PLANNED = "wake_planned"
    CLAIMED = "claimed"
    BOOKED = "booked"
    SESSION_FULL = "session_full"
    FAILED = "failed"
    CANCELLED = "cancelled"
    WITHDRAWN = "withdrawn"


MOVES: Final[Mapping[State, Mapping[Fact, State]]] = MappingProxyType(
    {
        State.REQUESTED: {Fact.WAKE_PLANNED: State.SCHEDULED, Fact.CANCELLED: State.CANCELLED},
        State.SCHEDULED: {Fact.CLAIMED: State.SIGNING_UP, Fact.CANCELLED: State.CANCELLED},
        State.SIGNING_UP: {
            Fact.BOOKED: State.BOOKED,
            Fact.SESSION_FULL: State.WAITING,
            Fact.FAILED: State.FAILED,
            Fact.CANCELLED: State.CANCELLED,
        },
        State.WAITING: {Fact.BOOKED: State.BOOKED, Fact.FAILED: State.FAILED, Fact.CANCELLED: State.CANCELLED},
        State.BOOKED: {Fact.WITHDRAWN: State.WITHDRAWN},
        State.FAILED: {},
        State.CANCELLED: {},
        State.WITHDRAWN: {},
    }
)

FINAL: Final = frozenset(state for state, moves in MOVES.items() if not moves)
# A member has at most one booking of a session in one of these.
LIVE: Final = frozenset({State.REQUESTED, State.SCHEDULED, State.SIGNING_UP, State.WAITING, State.BOOKED})

# The one service that may move a booking on from a state. A member's own wish (cancel, withdraw) comes by the api from
# any state that MOVES allows. Final states stay with the api, which shows them.
OWNER: Final[Mapping[State, Service]] = MappingProxyType(
    {
        State.REQUESTED: Service.TIMER,
        State.SCHEDULED: Service.BOOKER,
        State.SIGNING_UP: Service.BOOKER,
        State.WAITING: Service.WAITLIST,
        State.BOOKED: Service.BOOKER,
        State.FAILED: Service.API,
        State.CANCELLED: Service.API,
        State.WITHDRAWN: Service.API,
    }
)


def reached_from(fact: Fact) -> frozenset[State]:
    """Every state that a booking can be in after this fact happened to it."""
    found: set[State] = set()
    todo = [moves[fact] for moves in MOVES.values() if fact in moves]
    while todo:
        state = todo.pop()
        if state not in found:
            found.add(state)
            todo.extend(MOVES[state].values())
    return frozenset(found)
