"""The threat model names tests and defences that are there, and its document is made of what is listed."""

from pathlib import Path

import pytest
from mutations.listed import Mutation, Threat, every_threat, faults, section
from mutations.page import PAGE, renewed

_THREAT = """
[[threat]]
id = "W1"
who = "a stranger"
tries = "one | two"
stopped = "A door."
[[threat.mutation]]
breaks = "the door is open"
file = "door.py"
old = "closed"
new = "open"
tests = ["tests/test_door.py::test_closed"]
"""
_PLACES = "\n".join(
    f"<!-- {name}: made by `make threats` {ends} here -->"
    for name in ("pages", "outside")
    for ends in ("from", "up to")
)


def test_every_threat_has_a_defence_to_take_out_and_tests_that_are_there() -> None:
    assert list(faults(every_threat())) == []


def test_the_document_is_that_of_the_threats() -> None:
    assert renewed(PAGE.read_text()) == PAGE.read_text(), "run 'make threats'"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "door.py").write_text("closed\n")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_door.py").write_text("def test_closed(): ...\n")
    (tmp_path / "pages.toml").write_text(_THREAT)
    (tmp_path / "outside.toml").write_text("threat = []\n")
    return tmp_path


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"file": "window.py"}, "no file window.py"),
        ({"old": "locked"}, "door.py 0 times"),
        ({"old": "open", "new": "closed"}, "door.py 0 times"),
        ({"new": "closed"}, "nothing is changed"),
        ({"tests": ["tests/test_door.py::test_open"]}, "no test tests/test_door.py::test_open"),
        ({"tests": ["tests/test_window.py::test_closed"]}, "no test tests/test_window.py::test_closed"),
    ],
)
def test_what_is_not_there_is_told(project: Path, wrong: dict[str, object], said: str) -> None:
    threat = section("pages", project).threat[0]
    assert list(faults([threat], project)) == []
    mutation = Mutation.model_validate({**threat.mutation[0].model_dump(), **wrong})
    (fault,) = faults([_with(threat, mutation)], project)
    assert said in fault


def test_what_stands_there_twice_is_told(project: Path) -> None:
    threat = section("pages", project).threat[0]
    assert list(faults([threat, threat], project)) == ["W1 stands there 2 times."]
    (project / "door.py").write_text("closed, closed\n")
    (fault,) = faults([threat], project)
    assert "door.py 2 times" in fault


def test_a_table_has_a_line_for_each_threat(project: Path) -> None:
    page = renewed(f"Before\n{_PLACES}\nAfter\n", project)
    assert page.startswith("Before\n")
    assert page.endswith("\nAfter\n")
    assert (
        "| W1 | a stranger | one \\| two | A door. | the door is open (`door.py`): `test_door.py::test_closed` |"
        in page
    )
    assert renewed(page, project) == page
    with pytest.raises(ValueError, match="needs the lines"):
        renewed("Nothing", project)


def _with(threat: Threat, mutation: Mutation) -> Threat:
    return threat.model_copy(update={"mutation": [mutation]})
