"""Runs a program that ends with whoever started it, and is not told what is none of its business.

`python -m autotennis_local.supervising [--without VARIABLE,...] PROGRAM ARGUMENTS...`
"""

import ctypes
import os
import signal
import sys
from typing import Final

WITHOUT: Final = "--without"
# From Linux's prctl.h.
_PR_SET_PDEATHSIG: Final = 1


def main() -> None:
    """Asks the kernel for a SIGTERM should the parent die, then becomes that program: the wish outlives the change."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    command = sys.argv[1:]
    if command[0] == WITHOUT:
        for name in command[1].split(","):
            os.unsetenv(name)
        command = command[2:]
    os.execvp(command[0], command)  # noqa: S606 (no shell is wanted)


if __name__ == "__main__":
    main()
