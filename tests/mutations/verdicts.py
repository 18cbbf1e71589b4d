"""What a run of pytest says of a mutation."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

# Exit codes of pytest.
_ALL_PASSED: Final = 0
_SOME_FAILED: Final = 1
# A product that does not even start any more proves nothing of a test, nor does one that hangs.
_BY_ASSERTION: Final = re.compile(r"assert\b|AssertionError\b|Failed: (?!Timeout)")
# How pytest begins what it says of a fixture's end.
_AFTERWARDS: Final = "failed on teardown"


class Outcome(StrEnum):
    """What was seen of a mutation."""

    SEEN = "seen"
    MISSED = "MISSED"
    LEFT_OUT = "left out"


@dataclass(frozen=True)
class Verdict:
    """Whether the tests noticed, and if not, why not."""

    outcome: Outcome
    why: str = ""


@dataclass(frozen=True)
class _Case:
    """One test as it ended: `kind` is failure, error, skipped, or empty if it passed."""

    node: str
    kind: str
    said: str


def judged(exit_code: int, report: str, tests: Sequence[str]) -> Verdict:
    """The verdict on a run of these tests on what is mutated: each has to fail, and by an assertion.

    `report` is pytest's in the form of JUnit; of a test with parameters one case is enough.
    """
    if exit_code not in {_ALL_PASSED, _SOME_FAILED}:
        return Verdict(Outcome.MISSED, f"pytest ended with {exit_code}, which says nothing of the tests")
    cases = list(_cases(report))
    for test in tests:
        of_test = [one for one in cases if one.node == test or one.node.startswith(f"{test}[")]
        verdict = _of_one(test, of_test)
        if verdict.outcome is not Outcome.SEEN:
            return verdict
    return Verdict(Outcome.SEEN)


def _of_one(test: str, cases: Sequence[_Case]) -> Verdict:
    failed = [one for one in cases if one.kind == "failure"]
    errors = [one for one in cases if one.kind == "error"]
    # Whatever has failed may have left something that is complained of after it.
    if broken := next((one for one in errors if not failed or not one.said.startswith(_AFTERWARDS)), None):
        return Verdict(Outcome.MISSED, f"{test} could not even run: {broken.said}")
    if any(_BY_ASSERTION.match(one.said) for one in failed):
        return Verdict(Outcome.SEEN)
    if failed:
        return Verdict(Outcome.MISSED, f"{test} failed, and not by an assertion: {failed[0].said}")
    if cases and all(one.kind == "skipped" for one in cases):
        return Verdict(Outcome.LEFT_OUT, f"{test} was skipped: {cases[0].said}")
    return Verdict(Outcome.MISSED, f"{test} passed" if cases else f"{test} did not run")


def failed_before(exit_code: int, report: str) -> Sequence[str]:
    """Which tests do not pass on what is not mutated, where none should fail."""
    found = [f"{one.node}: {one.said}" for one in _cases(report) if one.kind in {"failure", "error"}]
    return found if exit_code == _ALL_PASSED or found else [f"pytest ended with {exit_code}"]


def _cases(report: str) -> Iterator[_Case]:
    for case in ET.fromstring(report).iter("testcase"):  # noqa: S314 (pytest's own)
        path = case.get("classname", "").replace(".", "/")
        node = f"{path}.py::{case.get('name', '')}"
        # What failed, and could not be cleared away after, has two ends.
        ends = [child for child in case if child.tag in {"failure", "error", "skipped"}]
        for end in ends:
            yield _Case(node, end.tag, (end.get("message") or " ").splitlines()[0])
        if not ends:
            yield _Case(node, "", "")
