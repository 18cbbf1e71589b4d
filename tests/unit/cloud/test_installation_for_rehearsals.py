"""What the deployment does besides where an installation is for rehearsals."""

from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from autotennis_cloud import secret_values
from autotennis_cloud.installation import Installation
from autotennis_cloud.plans import build_step
from autotennis_cloud.source import Source
from autotennis_cloud.terraforming import FOUNDATION, SYSTEM, Root, variables

CLOUD: Final = Path(__file__).parents[3] / "deploy/cloud"
USUAL: Final = Installation(project="our-club", contact="mailto:me@example.org")
REHEARSAL: Final = Installation(
    project="our-club", contact="mailto:me@example.org", prefix="autotennis-rehearsal", rehearsal=True
)


@pytest.mark.parametrize("root", [FOUNDATION, SYSTEM])
def test_both_roots_are_told(root: str) -> None:
    assert variables(REHEARSAL, Root(root, {}))["rehearsal"] is True
    assert "rehearsal" not in variables(USUAL, Root(root, {}))


def test_a_control_token_is_made_for_the_practice_club_and_for_no_other() -> None:
    assert set(secret_values.made_for(REHEARSAL)) - set(secret_values.made_for(USUAL)) == {"practice-control-token"}


def test_the_practice_club_is_built_by_a_file_of_its_own_and_found_again_by_a_tag_of_its_own() -> None:
    source = Source("abc", "v1")
    usual, practice = (build_step(REHEARSAL, source, Path("x.tgz"), only) for only in ("", "practice"))
    assert "--config=deploy/cloud/cloudbuild-practice.yaml" in practice.argv
    assert "_BUILD=autotennis-rehearsal-practice-abc" in " ".join(practice.argv)
    assert "_BUILD=autotennis-rehearsal-abc" in " ".join(usual.argv)


def test_its_build_is_as_that_of_the_services() -> None:
    """Cloud Build refuses a word that it is not told, and one that it does not need."""
    built, services = (of_file(name) for name in ("cloudbuild-practice.yaml", "cloudbuild.yaml"))
    (step,) = built["steps"]
    api = next(one for one in services["steps"] if one["id"] == "api")
    assert step["args"] == [
        word.replace("SERVICE=api", "SERVICE=practice").replace("/api:", "/practice:") for word in api["args"]
    ]
    assert built["images"] == ["${_IMAGES}/practice:${_COMMIT}"]
    for name in ("tags", "serviceAccount", "timeout", "options"):
        assert built[name] == services[name]


def of_file(name: str) -> dict[str, Any]:
    return yaml.safe_load((CLOUD / name).read_text("utf-8"))
