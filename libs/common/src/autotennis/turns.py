"""Acting one at a time under a key, whoever dies over it: noted in the store, for all instances together."""

import threading
from collections.abc import Callable
from datetime import datetime

from autotennis.ports import Ids, Note, Store


class Turns:
    """The turns of this process. A note that names a turn keeps a key for it until the note ends.

    Where only one process bears the name `instance` at a time, it knows that a turn of its name which is not under way
    here is one of a process that has died, and takes over at once. Without a name nobody can know that.
    """

    def __init__(self, store: Store, ids: Ids, instance: str) -> None:
        self._store = store
        self._ids = ids
        self._instance = instance
        self._under_way: set[str] = set()
        self._lock = threading.Lock()

    def begin(self) -> str:
        """A new turn, under way until it is ended."""
        turn = f"{self._instance}/{self._ids.new()}"
        with self._lock:
            self._under_way.add(turn)
        return turn

    def end(self, turn: str) -> None:
        """Whatever came of it, it is over."""
        with self._lock:
            self._under_way.discard(turn)

    def take(self, key: str, mine: Note, turn_of: Callable[[Note], str], now: datetime) -> Note:
        """Keeps the note under the key unless somebody's turn is noted there; gives what is kept.

        `turn_of` tells the turn that a note is about; empty for one that is none.
        """
        with self._lock:
            kept = self._store.note_once(key, mine, now)
            if not self._has_died(turn_of(kept)):
                return kept
            self._store.note_anew(key, mine)
            return mine

    def _has_died(self, turn: str) -> bool:
        return bool(self._instance) and turn.startswith(f"{self._instance}/") and turn not in self._under_way
