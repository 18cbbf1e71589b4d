"""Waking an event loop at an instant, to some 30 microseconds and without burning a core.

The loop's own timers are rounded up to whole milliseconds where it waits by epoll. Linux has timers that are files
instead: the loop wakes when one can be read. Python has them from 3.13 on, so the C library is asked for them.
Elsewhere (kqueue) the loop's own timers are fine enough.
"""

import asyncio
import ctypes
import os
import sys
import time
from collections.abc import Callable
from typing import Protocol

_NS_PER_S = 1_000_000_000
_ABSOLUTE = 1

Ring = Callable[[int], None]


class Alarm(Protocol):
    """Calls back once, with the instant for which it was set, after it and after a look at every socket since then."""

    def set(self, at_ns: int) -> None:
        """Ring at this instant (nanoseconds since 1970), at once if it is past; an earlier setting is forgotten."""
        ...

    def close(self) -> None:
        """Never ring again."""
        ...


def alarm_for(loop: asyncio.AbstractEventLoop, ring: Ring) -> Alarm:
    """The best alarm of this machine."""
    if sys.platform == "linux":
        try:
            return FileAlarm(loop, ring)
        except OSError:  # a sandbox without such timers
            return LoopAlarm(loop, ring)
    return LoopAlarm(loop, ring)


class LoopAlarm:
    """By the loop's own timers."""

    def __init__(self, loop: asyncio.AbstractEventLoop, ring: Ring) -> None:
        self._loop = loop
        self._ring = ring
        self._timer: asyncio.Handle | None = None

    def set(self, at_ns: int) -> None:
        """See Alarm."""
        self.close()
        wait_s = max(0.0, (at_ns - time.time_ns()) / _NS_PER_S)
        self._timer = self._loop.call_later(wait_s, self._look_first, at_ns, 2)

    def close(self) -> None:
        """See Alarm."""
        if self._timer is not None:
            self._timer.cancel()

    def _look_first(self, at_ns: int, looks: int) -> None:
        """A timer may be due in the loop's turn whose look at the sockets came before: two more turns make it sure."""
        if time.time_ns() < at_ns:
            self.set(at_ns)
        elif looks:
            self._timer = self._loop.call_soon(self._look_first, at_ns, looks - 1)
        else:
            self._ring(at_ns)


class _TimerSpec(ctypes.Structure):
    _fields_ = (
        ("interval_s", ctypes.c_long),
        ("interval_ns", ctypes.c_long),
        ("value_s", ctypes.c_long),
        ("value_ns", ctypes.c_long),
    )


class FileAlarm:
    """By a timer of Linux that is a file. The loop sees it expire in the same look as whatever was sent before."""

    def __init__(self, loop: asyncio.AbstractEventLoop, ring: Ring) -> None:
        """Raises OSError if there are no such timers here."""
        self._loop = loop
        self._ring = ring
        self._at_ns = 0
        library = ctypes.CDLL(None, use_errno=True)
        self._settime = library.timerfd_settime
        self._file: int = library.timerfd_create(time.CLOCK_REALTIME, os.O_NONBLOCK | os.O_CLOEXEC)
        if self._file < 0:
            raise OSError(ctypes.get_errno(), "no timer")
        loop.add_reader(self._file, self._expired)

    def set(self, at_ns: int) -> None:
        """See Alarm."""
        self._at_ns = at_ns
        spec = _TimerSpec(0, 0, *divmod(at_ns, _NS_PER_S))
        self._settime(self._file, _ABSOLUTE, ctypes.byref(spec), None)

    def close(self) -> None:
        """See Alarm."""
        self._loop.remove_reader(self._file)
        os.close(self._file)

    def _expired(self) -> None:
        try:
            os.read(self._file, 8)
        except BlockingIOError:  # it was set anew meanwhile
            return
        self._ring(self._at_ns)
