"""What counts as seen of a mutation, and what does not."""

import pytest
from mutations.verdicts import Outcome, failed_before, judged

_TEST = "tests/component/test_door.py::test_closed"


def _report(*ends: str, name: str = "test_closed") -> str:
    cases = "".join(f'<testcase classname="tests.component.test_door" name="{name}">{end}</testcase>' for end in ends)
    return f"<testsuites><testsuite>{cases}</testsuite></testsuites>"


@pytest.mark.parametrize(
    ("exit_code", "report", "outcome", "why"),
    [
        (1, _report('<failure message="AssertionError: no&#10;more"/>'), Outcome.SEEN, ""),
        (1, _report('<failure message="assert 1 == 2"/>'), Outcome.SEEN, ""),
        (1, _report('<failure message="Failed: DID NOT RAISE X"/>'), Outcome.SEEN, ""),
        (1, _report('<failure message="assert 1"/>', name="test_closed[one]"), Outcome.SEEN, ""),
        (1, _report("", '<failure message="assert 1"/>', name="test_closed[one]"), Outcome.SEEN, ""),
        (0, _report(""), Outcome.MISSED, "passed"),
        (1, _report('<failure message="assert 1"/>', name="test_closed_too"), Outcome.MISSED, "did not run"),
        (1, _report('<error message="ImportError"/>'), Outcome.MISSED, "could not even run"),
        (1, _report('<failure message="assert 1"/><error message="failed on teardown with x"/>'), Outcome.SEEN, ""),
        (1, _report('<error message="failed on teardown with x"/>'), Outcome.MISSED, "could not even"),
        (
            1,
            _report('<error message="failed on setup with x"/>', '<failure message="assert 1"/>'),
            Outcome.MISSED,
            "even",
        ),
        (1, _report('<failure message="NameError: x"/>'), Outcome.MISSED, "not by an assertion"),
        (1, _report('<failure message="Failed: Timeout (&gt;400.0s)"/>'), Outcome.MISSED, "not by an assertion"),
        (2, _report('<failure message="assert 1"/>'), Outcome.MISSED, "ended with 2"),
        (-9, "<none/>", Outcome.MISSED, "ended with -9"),
        (0, _report('<skipped message="no emulators"/>'), Outcome.LEFT_OUT, "no emulators"),
    ],
)
def test_a_defence_is_seen_to_be_missing_by_an_assertion_alone(
    exit_code: int, report: str, outcome: Outcome, why: str
) -> None:
    verdict = judged(exit_code, report, [_TEST])
    assert verdict.outcome is outcome
    assert why in verdict.why
    assert bool(verdict.why) is bool(why)


def test_each_of_the_tests_has_to_fail() -> None:
    report = _report('<failure message="assert 1"/>')
    assert judged(1, report, [_TEST, f"{_TEST}_too"]).outcome is Outcome.MISSED


def test_what_fails_before_anything_is_mutated_is_told() -> None:
    assert failed_before(0, _report("")) == []
    assert failed_before(1, _report('<failure message="assert 1"/>')) == [f"{_TEST}: assert 1"]
    assert failed_before(2, "<none/>") == ["pytest ended with 2"]
