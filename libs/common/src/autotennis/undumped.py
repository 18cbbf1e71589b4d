"""Keeps a process's memory to itself: passwords are in it, and a core dump would lay them on a disk."""

import ctypes
from typing import Final

# From Linux's prctl.h.
_PR_SET_DUMPABLE: Final = 4


def keep_out_of_dumps() -> None:
    """Has the kernel write no core dump of this process nor of those that it forks, to a file or to a program.

    Nobody but root can attach to it either. A limit on the size of dumps would not bind programs that take them.
    """
    ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
