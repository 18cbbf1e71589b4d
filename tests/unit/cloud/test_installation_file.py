"""The one file of settings of an installation in the cloud."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from autotennis.errors import BadSettings
from autotennis_cloud.installation import Installation, read_installation
from autotennis_cloud.terraforming import FOUNDATION, SYSTEM, Root, of_the_system, variables

ROOT = Path(__file__).parents[3]
_OF_THE_FOUNDATION = ("backups_kept_days", "key_rotation_days")
_NUMBERS = (*_OF_THE_FOUNDATION, "monthly_budget", "streams", "warm_pages", "warm_bookers", "most_bookers")
EXAMPLE = ROOT / "deploy/cloud/installation.example.toml"


def test_the_example_is_good_as_it_stands() -> None:
    """Whoever fills in the first two lines is done."""
    assert read_installation(EXAMPLE).region == "europe-north1"


def test_every_line_of_the_example_that_is_commented_out_is_good_too(tmp_path: Path) -> None:
    """What is offered can be taken."""
    whole = re.sub(r"(?m)^# (?=[a-z_]+ = |\[\[)", "", EXAMPLE.read_text("utf-8"))
    (tmp_path / "whole.toml").write_text(whole, "utf-8")
    read = read_installation(tmp_path / "whole.toml")
    assert read.monthly_budget == 20
    assert read.clubs is not None


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ('project = "our-club"', "contact: Field required"),
        ('contact = "me"', "project: Field required"),
        ('project = "Our Club"\ncontact = "me"', "project: String should match"),
        ('project = "our-club"\ncontact = "me"\nregoin = "x"', "regoin: Extra inputs"),
        ('project = "our-club"\ncontact = "me"\nregion = "oslo"', "region: String should match"),
        ('project = "our-club"\ncontact = "me"\nprefix = "a-name-that-is-far-too-long"', "prefix: String should have"),
        ('project = "our-club"\ncontact = "me"\nmonthly_budget = "much"', "monthly_budget: Input should be"),
        ('project = "our-club"\ncontact = "me"\n[[clubs]]\nid = "x"', "clubs: 0.name: Field required"),
        ("project = our-club", "cannot be read"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, lines: str, said: str) -> None:
    """With the name of the line."""
    file = tmp_path / "installation.toml"
    file.write_text(lines + "\n", "utf-8")
    with pytest.raises(BadSettings, match=re.escape(said)):
        read_installation(file)


def test_without_a_file_the_example_is_named(tmp_path: Path) -> None:
    """So nobody has to look for it."""
    with pytest.raises(BadSettings, match=r"cp .*example\.toml"):
        read_installation(tmp_path / "installation.toml")


def test_terraform_is_told_what_was_said_and_nothing_that_it_does_not_know() -> None:
    """Defaults are Terraform's own."""
    club = {"id": "padel", "name": "Padel", "base_url": "https://padel.example.org/"}
    said = Installation(project="our-club", contact="me", clubs=[club], warm_pages=1, backups_kept_days=7)
    foundation = variables(said, Root(FOUNDATION, {}))
    system = variables(said, Root(SYSTEM, of_the_system({"api": "a@sha256:1"}, {"smtp-url", "session-secret"})))
    assert foundation == {"project": "our-club", "backups_kept_days": 7}
    assert json.loads(system.pop("clubs")) == [club]
    assert system == {
        "project": "our-club",
        "contact": "me",
        "warm_pages": 1,
        "images": {"api": "a@sha256:1"},
        "optional_secrets": ["smtp-url"],
    }


@pytest.mark.parametrize("root", [FOUNDATION, SYSTEM])
def test_every_variable_that_may_be_told_is_declared(root: str) -> None:
    """Terraform lets what it does not know pass with no more than a warning."""
    said: dict[str, Any] = {name: 1 if name in _NUMBERS else "" for name in Installation.model_fields}
    said |= {"clubs": [], "more_settings": {}, "rehearsal": True}
    told = variables(Installation.model_construct(_fields_set=set(said), **said), Root(root, {}))
    declared = re.findall(r'variable "(\w+)"', (ROOT / "deploy/terraform" / root / "variables.tf").read_text("utf-8"))
    assert set(told) <= set(declared)
    assert set(declared) - set(told) <= {"images", "optional_secrets", "practice_image", "vapid_public_key"}
