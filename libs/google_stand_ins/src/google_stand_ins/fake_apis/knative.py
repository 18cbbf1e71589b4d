"""Services and revisions in the form of Cloud Run's first API, which gcloud speaks."""

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

from google_stand_ins.fake_apis.routing import Refused

NAME: Final = "name"
_INSTANT: Final = "2026-11-02T10:{minute:02}:00.000000Z"


@dataclass(slots=True)
class RunService:
    """A service, with all that was ever deployed of it."""

    name: str
    host: str
    spec: dict[str, Any]
    labels: dict[str, str] = field(default_factory=dict[str, str])
    annotations: dict[str, str] = field(default_factory=dict[str, str])
    revisions: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    latest_created: str = ""
    latest_ready: str = ""
    trouble: str = ""
    generation: int = 1

    @property
    def serving(self) -> str:
        """The revision that has all traffic; of several, the one that has most."""
        most = max(self.spec["traffic"], key=lambda one: one.get("percent") or 0)
        return most.get("revisionName") or self.latest_ready

    def tagged(self, tag: str) -> str:
        """The revision that bears this tag, empty for none."""
        found = [one.get("revisionName") or self.latest_ready for one in self.spec["traffic"] if one.get("tag") == tag]
        return found[0] if found else ""


def condition(kind: str, is_true: bool, message: str = "") -> dict[str, str]:
    """One of the conditions in a status."""
    said = {"type": kind, "status": "True" if is_true else "False"}
    reason = {} if is_true else {"reason": "HealthCheckContainerError", "message": message}
    return said | reason | {"lastTransitionTime": _INSTANT.format(minute=0)}


def image_of(revision: dict[str, Any]) -> str:
    """The image that a revision runs."""
    return str(revision["spec"]["containers"][0]["image"])


def new_revision(service: RunService) -> dict[str, Any]:
    """What the service's template makes. Raises Refused where the name that it wishes is taken."""
    template = service.spec["template"]
    number = len(service.revisions) + 1
    about = template.get("metadata", {})
    name = about.get(NAME) or f"{service.name}-{number:05}-abc"
    if name in service.revisions:
        raise Refused(HTTPStatus.CONFLICT, f"Revision named '{name}' with different configuration already exists.")
    labels = {**about.get("labels", {}), "serving.knative.dev/service": service.name}
    return {
        "apiVersion": "serving.knative.dev/v1",
        "kind": "Revision",
        "metadata": {
            NAME: name,
            "labels": labels,
            "annotations": about.get("annotations", {}),
            "creationTimestamp": _INSTANT.format(minute=number),
            "generation": 1,
        },
        "spec": template["spec"],
        "status": {"observedGeneration": 1},
    }


def traffic_of(service: RunService, wanted: list[dict[str, Any]]) -> None:
    """Looks whether traffic can be led so. Raises Refused where it goes to a revision that is not there."""
    # A revision that is made by the same request is not there yet, and can bear a tag all the same.
    for one in wanted:
        name = one.get("revisionName")
        if name and name not in service.revisions and one.get("percent"):
            raise Refused(HTTPStatus.BAD_REQUEST, f"Revision '{name}' of service '{service.name}' does not exist.")


def shown_service(service: RunService, project: str) -> dict[str, Any]:
    """The service as the API gives it."""
    trouble = service.trouble
    return {
        "apiVersion": "serving.knative.dev/v1",
        "kind": "Service",
        "metadata": {
            NAME: service.name,
            "namespace": project,
            "generation": service.generation,
            "resourceVersion": f"AAY{service.generation}",
            "labels": service.labels,
            "annotations": service.annotations,
            "creationTimestamp": _INSTANT.format(minute=0),
        },
        "spec": service.spec,
        "status": {
            "observedGeneration": service.generation,
            "conditions": [condition(kind, not trouble, trouble) for kind in ("Ready", "ConfigurationsReady")]
            + [condition("RoutesReady", is_true=True)],
            "latestCreatedRevisionName": service.latest_created,
            "latestReadyRevisionName": service.latest_ready,
            "traffic": [_led(service, one) for one in service.spec["traffic"]],
            "url": f"http://{service.host}",
            "address": {"url": f"http://{service.host}"},
        },
    }


def _led(service: RunService, wanted: dict[str, Any]) -> dict[str, Any]:
    named = {"revisionName": wanted.get("revisionName") or service.latest_ready}
    url = {"url": f"http://{wanted['tag']}---{service.host}"} if wanted.get("tag") else {}
    return {**wanted, **named, **url}
