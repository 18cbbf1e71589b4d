"""The events for others: schemas and page are those of the models, and what was released is kept."""

import json
import shutil
from collections.abc import Callable, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict, NaiveDatetime
from support.records import asked_for, to_race

from autotennis.events import KINDS, dump
from autotennis.flow import PUBLISHERS
from autotennis.schemas.__main__ import main, problems
from autotennis.schemas.breaking import breaks, broken
from autotennis.schemas.making import Schema, name_of, schema_of, schemas, text_of
from autotennis.schemas.page import made, renewed

DOCS = Path(__file__).parents[3] / "docs"
Edit = Callable[[Schema], None]


def put(path: str, value: Any) -> Edit:
    """What is there from now on."""

    def edit(schema: Schema) -> None:
        at, _, name = path.rpartition("/")
        found(schema, at)[name] = value

    return edit


def drop(path: str) -> Edit:
    """What is there no more."""

    def edit(schema: Schema) -> None:
        at, _, name = path.rpartition("/")
        del found(schema, at)[name]

    return edit


def more(path: str, value: str) -> Edit:
    """What a list has besides."""
    return lambda schema: found(schema, path).append(value)


def less(path: str, value: str) -> Edit:
    """What a list has no more."""
    return lambda schema: found(schema, path).remove(value)


def found(schema: Schema, path: str) -> Any:
    """What lies at this path."""
    part: Any = schema
    for name in filter(None, path.split("/")):
        part = part[name]
    return part


def booked() -> Schema:
    """The schema of an event with nearly everything in it."""
    return deepcopy(schemas()["Booked.v1.json"])


def after(change: Sequence[Edit]) -> list[str]:
    """What of it is broken after this change."""
    present = booked()
    for edit in change:
        edit(present)
    return breaks(booked(), present)


def test_what_stands_in_the_documents_is_made_of_the_models_and_keeps_what_was_released():
    assert problems(DOCS) == []


def test_there_is_a_schema_for_each_kind():
    assert {one["properties"]["kind"]["const"] for one in schemas().values()} == set(KINDS)


def test_every_kind_says_who_publishes_it():
    """A new kind needs a line in PUBLISHERS."""
    assert set(PUBLISHERS) == set(KINDS)


def test_no_field_and_no_value_goes_without_a_meaning():
    assert "(not said yet)" not in made()


def test_each_message_has_what_its_schema_says_is_always_there():
    for event in (asked_for(), to_race()):
        schema = schemas()[f"{event.kind}.v1.json"]
        sent = json.loads(dump(event))
        assert set(schema["required"]) <= sent.keys() <= schema["properties"].keys()


def test_readers_have_to_let_pass_what_they_do_not_know():
    assert "additionalProperties" not in text_of(booked())


def test_a_local_time_is_no_instant():
    class Local(BaseModel):
        at: NaiveDatetime

    class Both(BaseModel):
        model_config = ConfigDict(frozen=True)
        when: Local

    field = schema_of(Both)["$defs"]["Local"]["properties"]["at"]
    assert "format" not in field
    assert "pattern" in field


# What is fine within a version.


@pytest.mark.parametrize(
    "change",
    [
        pytest.param([put("properties/note", {"type": "string"})], id="a field that need not be there"),
        pytest.param([more("$defs/Action/enum", "wave")], id="a further value"),
        pytest.param([put("properties/booking_id/maxLength", 80)], id="a longer text"),
        pytest.param([drop("properties/late_s/minimum")], id="a lesser number"),
        pytest.param([put("properties/at/description", "When.")], id="other words"),
        pytest.param([put("properties/late_s/default", 1.0)], id="another default"),
        pytest.param(
            [put("$defs/Evidence", booked()["$defs"]["Proof"]), put("properties/proof/$ref", "#/$defs/Evidence")],
            id="another name of a value",
        ),
    ],
)
def test_what_may_change_within_a_version(change: Sequence[Edit]):
    assert after(change) == []


# What is not.

MAY_BE_NULL = {"anyOf": [{"type": "number", "minimum": 0}, {"type": "null"}]}
NOT_NULL = {"$ref": "#/$defs/ClockReading"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param([drop("properties/late_s")], "`late_s` is gone", id="a field went"),
        pytest.param([drop("$defs/Proof/properties/seen_at")], "`proof.seen_at` is gone", id="deep"),
        pytest.param([drop("$defs/Attempt/properties/sent_ms")], "`timeline[].sent_ms` is gone", id="in a list"),
        pytest.param(
            [put("properties/note", {"type": "string"}), more("required", "note")],
            "the new field `note` must be there",
            id="a field that must be there",
        ),
        pytest.param([more("required", "late_s")], "`late_s` must be there now", id="became needed"),
        pytest.param([less("required", "proof")], "`proof` was always there", id="need not be any more"),
        pytest.param([less("$defs/Action/enum", "look")], "lost its value look", id="a value went"),
        pytest.param([put("properties/late_s", {"type": "string"})], "`late_s` could be number", id="another type"),
        pytest.param([put("properties/clock", NOT_NULL)], "`clock` could be null and cannot", id="not null"),
        pytest.param([put("properties/late_s", MAY_BE_NULL)], "`late_s` can be null now", id="null"),
        pytest.param([put("properties/booking_id/maxLength", 32)], "its maxLength is 32, and was 64", id="shorter"),
        pytest.param([put("properties/late_s/minimum", 1)], "its minimum is 1, and was 0", id="a greater least"),
        pytest.param([put("properties/timeline/minItems", 1)], "its minItems is 1, and was none", id="not empty"),
        pytest.param([put("properties/booking_id/pattern", "^b")], "match another pattern", id="another pattern"),
        pytest.param([drop("properties/opening_at/format")], "`opening_at` is written otherwise", id="no instant"),
        pytest.param([put("properties/member_id/enum", ["m-1"])], "takes only some values", id="some values"),
        pytest.param([put("properties/version/const", 2)], "lost its value 1", id="another version"),
    ],
)
def test_what_may_not_change_within_a_version(change: Sequence[Edit], said: str):
    assert [one for one in after(change) if said in one]


def test_a_value_that_is_told_apart_by_its_kind_may_not_go():
    choice = {"type": "object", "properties": {"kind": {"const": "choice"}}}
    party = {"type": "object", "properties": {"kind": {"const": "party"}}}
    event = {"type": "object", "properties": {"bond": {"oneOf": [choice, party]}}}
    lesser = {"type": "object", "properties": {"bond": {"oneOf": [choice]}}}
    assert breaks(event, lesser) == ["`bond` could be object (party) and cannot any more."]


def test_the_sentence_names_the_event_and_says_what_to_do():
    present = schemas()
    del present["Booked.v1.json"]["properties"]["late_s"]
    (said,) = broken(schemas(), present)
    assert said == (
        "Booked, version 1: the field `late_s` is gone. "
        "Undo that, or publish it as the next version of the kind beside this one (docs/events.md, Versions)."
    )


def test_a_further_kind_and_a_further_version_are_fine():
    second = booked()
    second["properties"]["version"]["const"] = 2
    second["properties"].pop("late_s")
    assert broken({"Booked.v1.json": booked()}, {**schemas(), name_of(second): second}) == []


def test_a_kind_that_was_released_is_published_on():
    present = {name: one for name, one in schemas().items() if name != "Booked.v1.json"}
    (said,) = broken(schemas(), present)
    assert said.startswith("Booked, version 1: it was released and is there no more. Publish it on")


# The command.


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    """The documents, to be changed."""
    shutil.copytree(DOCS / "schemas", tmp_path / "schemas")
    shutil.copy(DOCS / "events.md", tmp_path)
    return tmp_path


def test_what_is_written_passes_the_check(docs: Path):
    shutil.rmtree(docs / "schemas" / "events")
    (docs / "schemas" / "released" / "Former.v1.json").unlink(missing_ok=True)
    assert main(["write", str(docs)]) == 0
    assert main(["check", str(docs)]) == 0


def test_a_schema_that_is_not_that_of_its_model_is_named(docs: Path, capsys: pytest.CaptureFixture[str]):
    (docs / "schemas" / "events" / "Booked.v1.json").write_text("{}")
    (docs / "schemas" / "events" / "Former.v1.json").write_text("{}")
    assert main(["check", str(docs)]) == 1
    said = capsys.readouterr().err.splitlines()
    assert [line.split()[0].rpartition("/")[2] for line in said] == ["Booked.v1.json", "Former.v1.json"]
    assert all(line.endswith("run 'make schemas'.") for line in said)


def test_a_page_that_is_not_that_of_the_models_is_named(docs: Path, capsys: pytest.CaptureFixture[str]):
    page = docs / "events.md"
    page.write_text(page.read_text().replace("| api |", "| somebody |"))
    assert main(["check", str(docs)]) == 1
    assert "events.md is not that of the models" in capsys.readouterr().err


def test_a_broken_promise_fails_the_check(docs: Path, capsys: pytest.CaptureFixture[str]):
    file = docs / "schemas" / "released" / "Booked.v1.json"
    promised = json.loads(file.read_text())
    promised["properties"]["court"] = {"type": "string"}
    file.write_text(text_of(promised))
    assert main(["check", str(docs)]) == 1
    assert "Booked, version 1: the field `court` is gone." in capsys.readouterr().err


def test_a_release_promises_what_there_is(docs: Path):
    shutil.rmtree(docs / "schemas" / "released")
    assert main(["release", str(docs)]) == 0
    assert main(["check", str(docs)]) == 0
    assert {file.name for file in (docs / "schemas" / "released").iterdir()} == set(schemas())


def test_a_page_without_a_place_for_the_tables_is_not_overwritten():
    with pytest.raises(ValueError, match="needs the lines"):
        renewed("# Events\n")
