"""The page of all settings is made of them."""

from pathlib import Path

import pytest

from autotennis_local.every_settings import EverySettings
from autotennis_local.settings_page import BEGIN, END, main, renewed

DOCS = Path(__file__).parents[3] / "docs"


def test_a_page_that_is_not_that_of_the_settings_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "settings.md"
    page.write_text(f"Before\n{BEGIN}\n{END}\nAfter\n")
    assert main(["check", str(tmp_path)]) == 1
    assert "run 'make settings'" in capsys.readouterr().err
    assert main(["write", str(tmp_path)]) == 0
    assert main(["check", str(tmp_path)]) == 0
    assert page.read_text().startswith("Before\n")
    assert page.read_text().endswith("After\n")


def test_every_variable_stands_there() -> None:
    page = (DOCS / "settings.md").read_text()
    assert [name for name in EverySettings.model_fields if f"| `AUTOTENNIS_{name.upper()}`" not in page] == []


def test_a_page_without_a_place_for_it_is_refused() -> None:
    with pytest.raises(ValueError, match="needs the lines"):
        renewed("Nothing")
