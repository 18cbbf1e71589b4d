"""What of a club's experience in Firestore cannot be read keeps nobody from racing."""

from collections.abc import Generator, Mapping
from typing import Any

import pytest
import structlog
from support.emulators import fresh_project, need_emulators
from support.lessons import a_lesson, known_from
from support.records import CLUB

from autotennis.adapters.gcp.documents import Documents, Set
from autotennis.adapters.gcp.meter import Meter
from autotennis.adapters.gcp.place import Place
from autotennis.adapters.gcp.rows import experience_key
from autotennis.adapters.gcp.store import GcpStore
from autotennis.domain.experience import KEPT_LESSONS, Experience

OF_A_LATER_VERSION = known_from(1).model_dump_json().replace('"bound_ms"', '"moon":"planted","bound_ms"')
UNREADABLE = pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"body": OF_A_LATER_VERSION}, "lessons.0.moon"),
        ({"body": '{"lessons":[{}]}'}, "lessons.0.at"),
        ({"body": "{planted"}, "no JSON"),
        ({"body": {"planted": 1}}, "no JSON"),
        ({"elsewhere": "planted"}, "no JSON"),
    ],
    ids=["of a later version", "half there", "no JSON", "no text", "no body"],
)


@pytest.fixture
def documents() -> Generator[Documents, None, None]:
    """Those of a project with nothing in it."""
    need_emulators()
    opened = Documents(Place(fresh_project(), region="", kms_key=""), Meter())
    yield opened
    opened.close()


@UNREADABLE
def test_what_cannot_be_read_is_no_experience_and_the_log_says_so(
    documents: Documents, fields: Mapping[str, Any], said: str
) -> None:
    documents.commit(Set(experience_key(CLUB), fields))
    with structlog.testing.capture_logs() as lines:
        assert GcpStore(documents).experience(CLUB) == Experience()
    assert [(line["log_level"], line["club"]) for line in lines] == [("warning", CLUB)]
    assert said in lines[0]["reason"]
    assert "planted" not in str(lines)


@UNREADABLE
def test_a_lesson_after_it_begins_anew(documents: Documents, fields: Mapping[str, Any], said: str) -> None:
    documents.commit(Set(experience_key(CLUB), fields))
    store = GcpStore(documents)
    with structlog.testing.capture_logs() as lines:
        assert store.teach(CLUB, a_lesson(2)) == known_from(2)
    assert said in lines[0]["reason"]
    with structlog.testing.capture_logs() as lines:
        assert store.experience(CLUB) == known_from(2)
    assert lines == []


def test_marks_of_lessons_do_not_pile_up(documents: Documents) -> None:
    store = GcpStore(documents)
    for number in range(KEPT_LESSONS + 8):
        store.teach(CLUB, a_lesson(number))
    read = documents.get(experience_key(CLUB))
    assert read is not None
    assert len(read.fields["commits"]) == 16
