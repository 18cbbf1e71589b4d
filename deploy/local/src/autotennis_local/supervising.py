"""Runs a program that ends with whoever started it: `python -m autotennis_local.supervising MODULE ARGUMENTS...`."""

import ctypes
import runpy
import signal
import sys
from typing import Final

# From Linux's prctl.h.
_PR_SET_PDEATHSIG: Final = 1


def main() -> None:
    """Asks the kernel for a SIGTERM should the parent die, then is that module, in this very process."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
