"""Every text exists in every language, and the compiled catalogues are those of the sources."""

import re
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

import autotennis_api

SOURCES = Path(autotennis_api.__file__).parent
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
KEYWORDS: dict[str, None] = {"_": None, "gettext": None, "lazy_gettext": None}
CATALOGUES = sorted((SOURCES / "translations").glob("*/LC_MESSAGES/messages.po"))
PLACEHOLDER = re.compile(r"%\(\w+\)s")


@pytest.fixture(scope="module")
def texts() -> set[str]:
    """The texts of the sources. A template that cannot be read is an error, not a template without texts."""
    found = extract_from_dir(SOURCES, METHODS, {"**/templates/**.html": {"silent": "false"}}, keywords=KEYWORDS)
    return {text for _, _, text, _, _ in found if isinstance(text, str)}


@pytest.fixture(scope="module", params=CATALOGUES, ids=lambda path: path.parts[-3])
def catalogue(request: pytest.FixtureRequest) -> Path:
    """A language's catalogue."""
    return request.param


def _read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file)


def _messages(catalog: Catalog) -> dict[str, Message]:
    return {str(message.id): message for message in catalog if message.id}


def test_there_is_a_catalogue() -> None:
    assert [path.parts[-3] for path in CATALOGUES] == ["nb"]


def test_no_text_is_missing_or_left_over(catalogue: Path, texts: set[str]) -> None:
    assert len(texts) > 100
    assert set(_messages(_read(catalogue))) == texts


def test_no_text_is_untranslated_or_doubtful(catalogue: Path) -> None:
    for text, message in _messages(_read(catalogue)).items():
        assert message.string, text
        assert not message.fuzzy, text


def test_a_translation_has_the_same_parts_to_fill_in(catalogue: Path) -> None:
    for text, message in _messages(_read(catalogue)).items():
        assert sorted(PLACEHOLDER.findall(text)) == sorted(PLACEHOLDER.findall(str(message.string))), text


def test_what_is_compiled_is_what_is_written(catalogue: Path) -> None:
    compiled = _messages(read_mo(BytesIO(catalogue.with_suffix(".mo").read_bytes())))
    written = _messages(_read(catalogue))
    assert {text: one.string for text, one in compiled.items()} == {text: one.string for text, one in written.items()}
