"""Runs a program that ends with whoever started it: `python -m autotennis_local.supervising PROGRAM ARGUMENTS...`."""

import ctypes
import os
import signal
import sys
from typing import Final

# From Linux's prctl.h.
_PR_SET_PDEATHSIG: Final = 1


def main() -> None:
    """Asks the kernel for a SIGTERM should the parent die, then becomes that program: the wish outlives the change."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    os.execvp(sys.argv[1], sys.argv[1:])  # noqa: S606 (no shell is wanted)


if __name__ == "__main__":
    main()
