"""Nothing else runs in this process around an opening: the garbage collector neither."""

import gc
from collections.abc import Generator
from contextlib import contextmanager


class Stillness:
    """Turns the garbage collector off while at least one race is on."""

    def __init__(self) -> None:
        self._races = 0

    @contextmanager
    def kept(self) -> Generator[None]:
        """Keeps still while the context lasts."""
        self._races += 1
        if self._races == 1:
            # What is garbage by now is left for later: to look for it among all that a thousand races hold takes half a
            # second, and there are less than two until the first shot.
            gc.freeze()
            gc.disable()
        try:
            yield
        finally:
            self._races -= 1
            if self._races == 0:
                gc.enable()
                gc.unfreeze()
