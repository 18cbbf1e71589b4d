"""What holds for all tests."""

import os
from collections import Counter
from pathlib import Path
from typing import Final

import pytest
from hypothesis import settings
from support.emulators import emulators

# A handful of examples at every save, many more in `make test`.
settings.register_profile("quick", max_examples=10, deadline=None)
settings.register_profile("thorough", max_examples=150, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))

_FAMILY: Final = "family"
_PARAMETERS: Final = ("family", "whole", "backing")
# A test's family is its parameter of this name; those in these folders are about one family alone.
_BY_PARAMETER: Final = {"local": "local", "gcp": "gcp", "emulators": "gcp"}
_BY_FOLDER: Final = {"component/local": "local", "component/gcp": "gcp"}
_HERE: Final = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Notes on which family of adapters a test runs."""
    for item in items:
        if family := _family_of(item):
            item.user_properties.append((_FAMILY, family))


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


def _counted(terminalreporter: pytest.TerminalReporter, *outcomes: str) -> Counter[str]:
    reports = [report for outcome in outcomes for report in terminalreporter.stats.get(outcome, [])]
    return Counter(value for report in reports for name, value in report.user_properties if name == _FAMILY)
