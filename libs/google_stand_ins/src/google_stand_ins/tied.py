"""Programs that end when the program that started them ends, however it ends."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

_PR_SET_PDEATHSIG: Final = 1
_STOP_S: Final = 2.5


@contextmanager
def tied(
    command: Sequence[str], output: IO[bytes], told: bytes = b""
) -> Generator[subprocess.Popen[bytes], None, None]:
    """Runs a program while the context lasts. It reads `told` and writes to `output`.

    At the end, and also when this process is killed, it is asked to end (SIGTERM). The kernel (Linux only) ties it to
    the thread that calls, so this has to be the main one. Raises RuntimeError.
    """
    process = _start(command, output)
    try:
        if process.stdin is not None:
            with contextlib.suppress(BrokenPipeError), process.stdin as pipe:
                pipe.write(told)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _start(command: Sequence[str], output: IO[bytes]) -> subprocess.Popen[bytes]:
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("Only the main thread may start a program that shall end with this process.")
    # The tie is made between fork and exec by a process of its own: code of ours in the fork of a process with many
    # threads (Google's clients have some) may hang.
    launcher = (sys.executable, "-I", "-S", str(Path(__file__)), str(os.getpid()))
    return subprocess.Popen(  # noqa: S603 - what is started is the caller's to say
        [*launcher, *command], stdin=subprocess.PIPE, stdout=output, stderr=output, start_new_session=True
    )


def _become(parent: int, command: list[str]) -> None:
    """Ties this process to its parent and turns it into the command."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)
        if os.getppid() != parent:  # it ended before the tie was made
            return
    os.execvp(command[0], command)  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    _become(int(sys.argv[1]), sys.argv[2:])
