"""Waits, in little memory, for the supervisor to end: `python -m autotennis_local.keeper PID RUN_DIR`.

It is what a process becomes that has started the system: the supervisor is its child, and it still holds the lock of
the data directory. Told to stop, it passes that on.
"""

import os
import shutil
import signal
import sys

# Not those of `stopping`: what that imports is memory which a keeper does without.
_STOPPING = (signal.SIGINT, signal.SIGTERM)


def main() -> int:
    """Gives the exit status: 0 when it was told to stop, 1 when the supervisor has ended by itself."""
    supervisor, run_dir = int(sys.argv[1]), sys.argv[2]
    told: list[int] = []

    def stop(number: int, _frame: object) -> None:
        told.append(number)
        os.kill(supervisor, signal.SIGTERM)

    for number in _STOPPING:
        signal.signal(number, stop)
    # What came while this process became the keeper has waited for this.
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPPING)
    os.waitpid(supervisor, 0)
    shutil.rmtree(run_dir, ignore_errors=True)
    if told:
        return 0
    sys.stderr.write("The supervisor has died. Its log is supervisor.log, beside those of the services.\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
