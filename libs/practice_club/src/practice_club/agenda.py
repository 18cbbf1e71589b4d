"""What is due at which instant, in order. Pure: no clock, no event loop.

The club lives by instants and not by when its program gets round to things. Everything that is decided is planned for
an instant, and is done in the order of the instants, whatever the order in which it became known. Two things keep that
order true although the program is slower than the network:

- A *hold*: bytes of a request were read at an instant, but what they ask for is not planned yet. Nothing later than
  that instant is done until the hold is released.
- A *horizon*, given to `run`: the instant up to which every socket is known to have been read.

Something may still become known too late: its bytes came on a connection that was not accepted yet. It is done at once,
before everything else; what its instant then counts for is for whoever planned it to say.
"""

from collections.abc import Callable
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count

Act = Callable[[], None]


@dataclass(slots=True, eq=False)
class Hold:
    """Nothing that is due after `since_ns` is done until this is released."""

    since_ns: int
    released: bool = False


class Agenda:
    """Acts planned for instants, in nanoseconds since 1970. Those of one instant are done as they were planned."""

    def __init__(self) -> None:
        self._planned: list[tuple[int, int, Act]] = []
        self._holds: list[tuple[int, int, Hold]] = []
        self._numbers = count()

    def plan(self, at_ns: int, act: Act) -> None:
        """Have something done at an instant. It may plan more, for the same instant or a later one."""
        heappush(self._planned, (at_ns, next(self._numbers), act))

    def hold(self, since_ns: int) -> Hold:
        """Keep everything back that is due after an instant."""
        hold = Hold(since_ns)
        heappush(self._holds, (since_ns, next(self._numbers), hold))
        return hold

    def next_ns(self) -> int | None:
        """When the next act is due that no hold keeps back; None if there is none."""
        due_ns = self._planned[0][0] if self._planned else None
        held_ns = self._held_ns()
        return None if due_ns is None or (held_ns is not None and due_ns > held_ns) else due_ns

    def run(self, horizon_ns: int) -> None:
        """Do in order everything that is due up to an instant and is not held back."""
        due_ns = self.next_ns()
        while due_ns is not None and due_ns <= horizon_ns:
            _, _, act = heappop(self._planned)
            act()
            due_ns = self.next_ns()

    def _held_ns(self) -> int | None:
        while self._holds and self._holds[0][2].released:
            heappop(self._holds)
        return self._holds[0][0] if self._holds else None
