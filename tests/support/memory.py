"""How much memory this process took at most while something was done."""

import gc
import re
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_OURS: Final = Path("/proc/self")
# Has Linux count the most that was taken from now on (proc(5), clear_refs).
_COUNT_ANEW: Final = "5"


@dataclass
class Taken:
    """What was taken beyond what was there before, in bytes; known once it is over."""

    bytes: int = 0


@contextmanager
def memory_taken() -> Generator[Taken]:
    """Measures the most that is taken meanwhile: memory that is given back before the end counts, too."""
    gc.collect()
    before, taken = _kept("VmRSS"), Taken()
    (_OURS / "clear_refs").write_text(_COUNT_ANEW)
    try:
        yield taken
    finally:
        taken.bytes = _kept("VmHWM") - before


def _kept(name: str) -> int:
    found = re.search(rf"^{name}:\s+([0-9]+) kB$", (_OURS / "status").read_text(), re.MULTILINE)
    assert found, f"the system does not tell {name}"
    return int(found[1]) * 1024
