"""Every text exists in every language, and the compiled catalogues are those of the sources."""

import re
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

import autotennis
import autotennis_api
import autotennis_notifier

# Each of these has a catalogue of its own; the first is what pages and messages share.
PACKAGES = {"shared": autotennis, "pages": autotennis_api, "messages": autotennis_notifier}
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2"), ("**/templates/**.txt", "jinja2")]
OPTIONS = {"**/templates/**.html": {"silent": "false"}, "**/templates/**.txt": {"silent": "false"}}
KEYWORDS: dict[str, tuple[int, ...] | None] = {
    **dict.fromkeys(("_", "gettext", "lazy_gettext", "_said", "say")),
    "ngettext": (1, 2),
}
PLACEHOLDER = re.compile(r"%\(\w+\)s")
# A text for one of something and one for many are two forms of one text; any other text has one form.
Forms = tuple[str, ...]


@pytest.fixture(scope="module", params=PACKAGES)
def sources(request: pytest.FixtureRequest) -> Path:
    """Where the texts and the catalogue of a package are."""
    file = PACKAGES[request.param].__file__
    assert file
    return Path(file).parent


@pytest.fixture(scope="module")
def texts(sources: Path) -> set[Forms]:
    """The texts of the sources. A template that cannot be read is an error, not a template without texts."""
    found = extract_from_dir(sources, METHODS, OPTIONS, keywords=KEYWORDS)
    return {_forms(text) for _, _, text, _, _ in found}


@pytest.fixture(scope="module")
def catalogue(sources: Path) -> Path:
    """The Norwegian catalogue, the only one that there is."""
    (found,) = (sources / "translations").glob("*/LC_MESSAGES/messages.po")
    assert found.parts[-3] == "nb"
    return found


def _read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file)


def _forms(text: str | Sequence[str]) -> Forms:
    return (text,) if isinstance(text, str) else tuple(text)


def _messages(catalog: Catalog) -> dict[Forms, Message]:
    return {_forms(message.id): message for message in catalog if message.id}


def _translations(catalog: Catalog) -> dict[Forms, Forms]:
    return {text: _forms(message.string or "") for text, message in _messages(catalog).items()}


def test_no_text_is_missing_or_left_over(catalogue: Path, texts: set[Forms]) -> None:
    assert len(texts) > 20
    assert set(_messages(_read(catalogue))) == texts


def test_no_text_is_untranslated_or_doubtful(catalogue: Path) -> None:
    for text, message in _messages(_read(catalogue)).items():
        assert all(_forms(message.string or "")), text
        assert not message.fuzzy, text


def test_a_translation_has_the_same_parts_to_fill_in(catalogue: Path) -> None:
    for text, translation in _translations(_read(catalogue)).items():
        assert len(text) == len(translation), text
        for form, translated in zip(text, translation, strict=True):
            assert sorted(PLACEHOLDER.findall(form)) == sorted(PLACEHOLDER.findall(translated)), text


def test_what_is_compiled_is_what_is_written(catalogue: Path) -> None:
    compiled = read_mo(BytesIO(catalogue.with_suffix(".mo").read_bytes()))
    assert _translations(compiled) == _translations(_read(catalogue))
