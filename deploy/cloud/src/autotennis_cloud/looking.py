"""What is there: the services, the images that were built, and the releases before."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

from autotennis.flow import Service
from autotennis_cloud.installation import Installation
from autotennis_cloud.ledger import Release, releases
from autotennis_cloud.running import Runner
from autotennis_cloud.trouble import NotThere

SERVICES: Final = tuple(service.value for service in Service)


@dataclass(frozen=True, slots=True)
class Running:
    """A service on Cloud Run.

    `serving` has the traffic; `latest` is what was made last, runs `image`, and `is_ready` once it has started well.
    `tags` and `urls` go by tag.
    """

    serving: str
    latest: str
    image: str
    url: str
    tags: Mapping[str, str]
    urls: Mapping[str, str]
    is_ready: bool


@dataclass(frozen=True, slots=True)
class State:
    """All that a release needs to know: the services, the images of its commit, what was released before."""

    running: Mapping[str, Running]
    images: Mapping[str, str]
    history: Sequence[Release]


def looked(runner: Runner, installation: Installation, commit: str) -> State:
    """What there is, asked all at once. Raises CloudTrouble."""
    with ThreadPoolExecutor(3) as pool:
        running = pool.submit(running_services, runner, installation)
        images = pool.submit(built_images, runner, installation, commit)
        history = pool.submit(releases, runner, installation)
        return State(running.result(), images.result(), history.result())


def running_services(runner: Runner, installation: Installation) -> dict[str, Running]:
    """The services of this installation that exist, by their short names. Raises CloudTrouble."""
    try:
        services = runner.rows("gcloud", "run", "services", "list", *_listed(installation))
    except NotThere:
        return {}
    by_name = {one["metadata"]["name"]: one for one in services}
    found = {short: by_name.get(installation.service(short)) for short in SERVICES}
    return {short: running_of(one) for short, one in found.items() if one}


def running_of(service: Mapping[str, Any]) -> Running:
    """One service as gcloud describes it."""
    status = service.get("status", {})
    traffic: list[Mapping[str, Any]] = status.get("traffic", [])
    nothing: Mapping[str, Any] = {}
    most = max(traffic, key=lambda one: one.get("percent") or 0, default=nothing)
    return Running(
        serving=most.get("revisionName", ""),
        latest=status.get("latestCreatedRevisionName", ""),
        image=service["spec"]["template"]["spec"]["containers"][0]["image"],
        url=status.get("url", ""),
        tags={one["tag"]: one["revisionName"] for one in traffic if one.get("tag")},
        urls={one["tag"]: one["url"] for one in traffic if one.get("tag") and one.get("url")},
        is_ready=status.get("latestReadyRevisionName") == status.get("latestCreatedRevisionName"),
    )


def built_images(runner: Runner, installation: Installation, commit: str, only: str = "") -> dict[str, str]:
    """The images that a build of this commit has left, by service and with their digests; none without such a build."""
    wanted = f"tags={build_tag(installation, commit, only)}"
    try:
        builds = runner.rows("gcloud", "builds", "list", f"--filter={wanted}", "--limit=5", *_listed(installation))
    except NotThere:
        return {}
    good = [one for one in builds if one.get("status") == "SUCCESS"]
    return images_of(good[0]) if good else {}


def images_of(build: Mapping[str, Any]) -> dict[str, str]:
    """By service, each image of a build's result by its digest: `.../api@sha256:...`."""
    pushed = build.get("results", {}).get("images", [])
    found = {one["name"].rpartition(":")[0]: one["digest"] for one in pushed}
    return {name.rpartition("/")[2]: f"{name}@{digest}" for name, digest in found.items()}


def build_tag(installation: Installation, commit: str, only: str = "") -> str:
    """By which a build is found again."""
    return "-".join(filter(None, (installation.prefix, only, commit)))


def _listed(installation: Installation) -> tuple[str, ...]:
    return *installation.place(), "--quiet", "--format=json"
