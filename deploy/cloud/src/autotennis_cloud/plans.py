"""Which commands lead from what is there to what is wanted. Nothing is run here."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from autotennis_cloud.installation import Installation
from autotennis_cloud.looking import SERVICES, Running, build_tag
from autotennis_cloud.source import Source
from autotennis_cloud.steps import Step, gcloud

# Bears the revision that is looked at before it gets traffic.
NEXT: Final = "next"
_BUILD_FILE: Final = "deploy/cloud/cloudbuild.yaml"


def build_step(installation: Installation, source: Source, packed: Path, only: str = "") -> Step:
    """The images of a commit, built and pushed by Cloud Build: of all services, or of `only` one other."""
    file = _BUILD_FILE.replace(".yaml", f"-{only}.yaml") if only else _BUILD_FILE
    words = {
        "_IMAGES": installation.images,
        "_COMMIT": source.commit,
        "_VERSION": source.version,
        "_BUILD": build_tag(installation, source.commit, only),
        "_BUILDER": f"{installation.prefix}-builder@{installation.project}.iam.gserviceaccount.com",
    }
    return gcloud(
        f"build the {only or 'images'} of {source.version} (some minutes)",
        *("builds", "submit", str(packed), f"--config={file}", "--suppress-logs"),
        f"--gcs-source-staging-dir=gs://{installation.sources}/source",
        "--substitutions=" + ",".join(f"{name}={value}" for name, value in words.items()),
        *installation.place(),
    )


def unknown_images(installation: Installation) -> dict[str, str]:
    """What stands for the images while nothing was built yet."""
    return {service: f"{installation.images}/{service}@sha256:DIGEST-OF-THE-BUILD" for service in SERVICES}


def needs_revision(service: Running, image: str) -> bool:
    """Whether what was made last does not run this image or does not run, or is neither served nor looked at yet."""
    is_known = service.latest in (service.serving, service.tags.get(NEXT))
    return service.image != image or not service.is_ready or not is_known


def revision_steps(
    installation: Installation, running: Mapping[str, Running], images: Mapping[str, str], source: Source
) -> dict[str, Step]:
    """By service, a new revision without traffic where one is needed."""
    labels = ",".join(f"{name}={value}" for name, value in source.labels().items())
    return {
        service: gcloud(
            f"a new revision of {service}, without traffic",
            *("run", "services", "update", installation.service(service), f"--image={images[service]}"),
            *("--no-traffic", f"--tag={NEXT}", f"--update-labels={labels}", *installation.place()),
        )
        for service, one in running.items()
        if needs_revision(one, images[service])
    }


def traffic_steps(
    installation: Installation, running: Mapping[str, Running], wanted: Mapping[str, str], order: Sequence[str]
) -> list[Step]:
    """Leads all traffic of each service to the wanted revision, in this order, and takes the tag away."""
    return [
        gcloud(
            f"{service}: all traffic to {wanted[service]}",
            *("run", "services", "update-traffic", installation.service(service)),
            *(f"--to-revisions={wanted[service]}=100", *_without_tag(running[service]), *installation.place()),
        )
        for service in order
        if service in wanted and (running[service].serving != wanted[service] or NEXT in running[service].tags)
    ]


def _without_tag(service: Running) -> tuple[str, ...]:
    return (f"--remove-tags={NEXT}",) if NEXT in service.tags else ()
