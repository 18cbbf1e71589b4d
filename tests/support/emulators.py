"""Google's emulators for tests: a pair for each pytest process, started when a test first asks for them.

With `--one-pair-of-emulators` all of pytest's processes share one.
"""

import atexit
import contextlib
import functools
import os
import uuid

import pytest

from google_stand_ins.emulators import Emulators, NoEmulators, running

NEEDED_VARIABLE = "AUTOTENNIS_TESTS_NEED_EMULATORS"


@functools.cache
def emulators() -> Emulators | str:
    """Both emulators, known to Google's clients in this process from now on; or why they are nowhere to be had.

    An emulator that should be there and is dead raises DeadEmulator: that is no reason to leave tests out.
    """
    stack = contextlib.ExitStack()
    try:
        found = stack.enter_context(running())
    except NoEmulators as reason:
        return str(reason)
    atexit.register(stack.close)
    os.environ.update(found.variables())
    return found


def need_emulators() -> Emulators:
    """Both emulators. Without them the test is skipped, or fails where the machine is said to have them."""
    found = emulators()
    if isinstance(found, Emulators):
        return found
    if os.environ.get(NEEDED_VARIABLE, "0") not in {"", "0"}:
        pytest.fail(f"{found} ({NEEDED_VARIABLE} is set.)", pytrace=False)
    # The reasons are long, and told once, at the end.
    pytest.skip("there are no Google emulators here")


def fresh_project() -> str:
    """The id of a project that nobody used before: to the emulators every id is a project, and an empty one."""
    return f"test-{uuid.uuid4().hex[:12]}"
