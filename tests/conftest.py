"""What holds for all tests."""

import gc
import os
from collections import Counter
from collections.abc import Generator
from pathlib import Path
from typing import Final

import pytest
from hypothesis import settings
from support.emulators import emulators
from support.pretix_site import LEFT_OUT

# A handful of examples at every save, many more in `make test`, the same ones each time; and for whoever looks for
# faults, new ones each time (`HYPOTHESIS_PROFILE=search`).
settings.register_profile("quick", max_examples=10, deadline=None, derandomize=True)
settings.register_profile("thorough", max_examples=150, deadline=None, derandomize=True)
settings.register_profile("search", max_examples=4000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))

_FAMILY: Final = "family"
_PARAMETERS: Final = ("family", "whole", "backing")
# A test's family is its parameter of this name; those in these folders are about one family alone.
_BY_PARAMETER: Final = {"local": "local", "gcp": "gcp", "emulators": "gcp"}
_BY_FOLDER: Final = {"component/local": "local", "component/gcp": "gcp"}
_HERE: Final = Path(__file__).parent


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds what `make test` says of the emulators."""
    parser.addoption(
        "--one-pair-of-emulators", action="store_true", help="start Google's emulators once for all test processes"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Starts the emulators before the test processes, which find them as their variables say."""
    if config.getoption("--one-pair-of-emulators") and not hasattr(config, "workerinput"):
        emulators()


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Reads the tests without looking for garbage: all of it stays, and to look takes a quarter of the time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Notes on which family of adapters a test runs, and sees that those of a group run together.

    What is marked as `long` begins first, the longest before all, so that at the end nobody waits for one test alone.
    """
    items.sort(key=_takes_s, reverse=True)
    for item in items:
        if family := _family_of(item):
            item.user_properties.append((_FAMILY, family))
        # What they share would silently be made once in each process otherwise, which costs minutes.
        if config.getoption("loadgroup", False) and item.get_closest_marker("xdist_group") and "@" not in item.nodeid:
            raise pytest.UsageError(f"pytest-xdist does not keep the group of {item.nodeid} together.")


def _takes_s(item: pytest.Item) -> float:
    """About how many seconds it takes, with those that are bound to run in the same process; 0 if that is not said."""
    marker = item.get_closest_marker("long")
    return float(marker.args[0]) if marker else 0.0


def _family_of(item: pytest.Item) -> str:
    callspec = getattr(item, "callspec", None)
    given: dict[str, object] = callspec.params if callspec else {}
    for name in _PARAMETERS:
        if name in given:
            return _BY_PARAMETER[str(given[name])]
    return _BY_FOLDER.get(item.path.parent.relative_to(_HERE).as_posix(), "")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says how many tests ran on which family, and loudly if one was left out."""
    ran = _counted(terminalreporter, "passed", "failed")
    left_out = _counted(terminalreporter, "skipped")
    for family in sorted(ran.keys() | left_out.keys()):
        terminalreporter.write_line(f"family {family}: {ran[family]} tests ran, {left_out[family]} were left out")
    if left_out["gcp"]:
        terminalreporter.write_line(
            f"!!! {left_out['gcp']} TESTS OF THE GOOGLE CLOUD FAMILY WERE LEFT OUT. {emulators()}", red=True
        )
    without = [one for one in terminalreporter.stats.get("skipped", []) if LEFT_OUT in str(one.longrepr)]
    if without:
        terminalreporter.write_line(f"!!! {len(without)} TESTS AT A REAL PRETIX WERE LEFT OUT.", red=True)


def _counted(terminalreporter: pytest.TerminalReporter, *outcomes: str) -> Counter[str]:
    reports = [report for outcome in outcomes for report in terminalreporter.stats.get(outcome, [])]
    return Counter(value for report in reports for name, value in report.user_properties if name == _FAMILY)
