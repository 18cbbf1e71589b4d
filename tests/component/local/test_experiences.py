"""What of a club's experience in the SQLite file cannot be read keeps nobody from racing."""

import sqlite3
from collections.abc import Generator
from contextlib import closing
from pathlib import Path

import pytest
import structlog
from support.clock import ManualClock
from support.lessons import a_lesson, known_from
from support.records import CLUB

from autotennis.adapters.local.database import FILE_NAME
from autotennis.adapters.local.family import open_local
from autotennis.adapters.local.store import LocalStore
from autotennis.domain.experience import Experience

OF_A_LATER_VERSION = known_from(1).model_dump_json().replace('"bound_ms"', '"moon":"planted","bound_ms"')
UNREADABLE = pytest.mark.parametrize(
    ("body", "said"),
    [
        (OF_A_LATER_VERSION, "lessons.0.moon"),
        ('{"lessons":[{}]}', "lessons.0.at"),
        ("{planted", "no JSON"),
        ("", "JSON"),
    ],
    ids=["of a later version", "half there", "no JSON", "empty"],
)


@pytest.fixture
def store(tmp_path: Path) -> Generator[LocalStore, None, None]:
    """A store with what one opening taught."""
    with open_local(tmp_path, ManualClock()) as family:
        family.store.teach(CLUB, a_lesson())
        yield family.store


def spoil(directory: Path, body: str) -> None:
    """Writes that in place of what is known of the club."""
    with closing(sqlite3.connect(directory / FILE_NAME, isolation_level=None)) as opened:
        assert opened.execute("UPDATE experiences SET body = ? WHERE club_id = ?", (body, CLUB)).rowcount == 1


@UNREADABLE
def test_what_cannot_be_read_is_no_experience_and_the_log_says_so(
    store: LocalStore, tmp_path: Path, body: str, said: str
) -> None:
    spoil(tmp_path, body)
    with structlog.testing.capture_logs() as lines:
        assert store.experience(CLUB) == Experience()
    assert [(line["log_level"], line["club"]) for line in lines] == [("warning", CLUB)]
    assert said in lines[0]["reason"]
    assert "planted" not in str(lines)


@UNREADABLE
def test_a_lesson_after_it_begins_anew(store: LocalStore, tmp_path: Path, body: str, said: str) -> None:
    spoil(tmp_path, body)
    with structlog.testing.capture_logs() as lines:
        assert store.teach(CLUB, a_lesson(2)) == known_from(2)
    assert said in lines[0]["reason"]
    with structlog.testing.capture_logs() as lines:
        assert store.experience(CLUB) == known_from(2)
    assert lines == []
