"""supervisord, which ends with whoever started it: `python -m autotennis_local.supervising -c FILE`."""

import ctypes
import signal
from typing import Final

from supervisor import supervisord  # pyright: ignore[reportMissingTypeStubs] (it ships none)

# From Linux's prctl.h.
_PR_SET_PDEATHSIG: Final = 1


def main() -> None:
    """Asks the kernel for a SIGTERM should the parent be killed, then supervises."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    supervisord.main()  # pyright: ignore[reportUnknownMemberType] (untyped)


if __name__ == "__main__":
    main()
