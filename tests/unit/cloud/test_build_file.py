"""What Cloud Build is told."""

from pathlib import Path
from typing import Any

import yaml

from autotennis.flow import Service
from autotennis_cloud.installation import Installation
from autotennis_cloud.plans import build_step
from autotennis_cloud.source import Source

FILE = Path(__file__).parents[3] / "deploy/cloud/cloudbuild.yaml"
BUILD: dict[str, Any] = yaml.safe_load(FILE.read_text("utf-8"))


def test_every_service_is_built_and_pushed() -> None:
    """By the one Dockerfile, from the commit that the tag names."""
    for service in Service:
        (step,) = [one for one in BUILD["steps"] if one["id"] == service.value]
        assert f"--build-arg=SERVICE={service.value}" in step["args"]
        assert f"--tag=${{_IMAGES}}/{service.value}:${{_COMMIT}}" in step["args"]
    assert BUILD["images"] == [f"${{_IMAGES}}/{service.value}:${{_COMMIT}}" for service in Service]


def test_whatever_it_asks_for_is_handed_in() -> None:
    """Cloud Build refuses a word that it is not told, and one that it does not need."""
    step = build_step(Installation(project="our-club", contact="me"), Source("abc", "v1"), Path("x.tgz"))
    (given,) = [word for word in step.argv if word.startswith("--substitutions=")]
    names = {one.partition("=")[0] for one in given.removeprefix("--substitutions=").split(",")}
    text = "\n".join(line for line in FILE.read_text("utf-8").splitlines() if not line.lstrip().startswith("#"))
    assert {part.partition("}")[0] for part in text.split("${")[1:]} - {"PROJECT_ID"} == names
