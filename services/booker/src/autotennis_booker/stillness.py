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
            gc.collect()
            gc.freeze()
            gc.disable()
        try:
            yield
        finally:
            self._races -= 1
            if self._races == 0:
                gc.enable()
                gc.unfreeze()
