"""Cloud Run: services, their revisions, and which of them have traffic.

A service's pages are opened by its own host name through the same proxy, and passed on to a real program: the one that
is named for the image of the revision that the host leads to.
"""

import http.client
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit

from google_stand_ins.fake_apis.knative import (
    NAME,
    RunService,
    condition,
    image_of,
    new_revision,
    shown_service,
    traffic_of,
)
from google_stand_ins.fake_apis.routing import Answer, Refused, Request, Route

PAGES_HOST: Final = "run.app"
_PASSED_ON: Final = ("accept", "cookie", "user-agent")
_OF_THE_CONNECTION: Final = ("connection", "content-length", "date", "keep-alive", "server", "transfer-encoding")


class CloudRun:
    """`services` by name. New revisions of the service that `breaks` names do not start.

    `programs` says where an image's program listens, `program` where that of any other does.
    """

    def __init__(self, number: str) -> None:
        self.services: dict[str, RunService] = {}
        self.breaks = ""
        self.programs: dict[str, str] = {}
        self.program = ""
        self._number = number

    def routes(self) -> list[Route]:
        """What can be asked."""
        place = r"/apis/serving\.knative\.dev/v1/namespaces/([^/]+)"
        return [
            Route("GET", f"{place}/services", self._listed),
            Route("GET", f"{place}/services/([^/]+)", self._described),
            Route("PUT", f"{place}/services/([^/]+)", self._replaced),
            Route("GET", f"{place}/revisions", self._revisions),
            Route("GET", f"{place}/revisions/([^/]+)", self._revision),
        ]

    def create(self, name: str, image: str, region: str, env: Mapping[str, str] | None = None) -> None:
        """A service as Terraform makes it: its first revision has all traffic."""
        variables = [{"name": key, "value": value} for key, value in (env or {}).items()]
        container = {"image": image, "env": variables, "ports": [{"containerPort": 8080}]}
        spec = {
            "template": {"spec": {"containers": [container]}},
            "traffic": [{"latestRevision": True, "percent": 100}],
        }
        service = RunService(name, f"{name}-{self._number}.{region}.{PAGES_HOST}", spec)
        self.services[name] = service
        self._revise(service)

    def serving(self, name: str) -> str:
        """The image that has the traffic of this service."""
        service = self.services[name]
        return image_of(service.revisions[service.serving])

    def address_of(self, host: str) -> str:
        """Where the program listens that this host leads to, empty where nothing does."""
        tag, _, rest = host.rpartition("---")
        for service in self.services.values():
            if service.host == rest:
                revision = service.tagged(tag) if tag else service.serving
                return self.programs.get(image_of(service.revisions[revision]), self.program) if revision else ""
        return ""

    def page(self, request: Request, address: str) -> Answer:
        """What the program at this address says, asked as Cloud Run asks."""
        if not address:
            return Answer(b"Service Unavailable", HTTPStatus.SERVICE_UNAVAILABLE)
        asked = urlsplit(request.url)
        headers = {name: value for name, value in request.headers.items() if name in _PASSED_ON}
        headers |= {"Host": asked.netloc, "X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.7"}
        there = http.client.HTTPConnection(urlsplit(address).netloc, timeout=30)
        try:
            there.request(request.method, asked.path or "/", headers=headers)
            said = there.getresponse()
            body = said.read()
        except OSError:
            return Answer(b"Bad Gateway", HTTPStatus.BAD_GATEWAY)
        finally:
            there.close()
        kept = {name: value for name, value in said.getheaders() if name.lower() not in _OF_THE_CONNECTION}
        return Answer(body, said.status, kept)

    def _revise(self, service: RunService) -> None:
        """A new revision of the service's template; it is ready unless that service breaks."""
        revision = new_revision(service)
        is_ready = not self.breaks or not service.name.endswith(self.breaks)
        trouble = "The user-provided container failed to start and listen on the port within the allocated timeout."
        revision["status"]["conditions"] = [
            condition("Ready", is_ready, "" if is_ready else trouble),
            condition("ContainerHealthy", is_ready, "" if is_ready else trouble),
        ]
        name = revision["metadata"][NAME]
        service.revisions[name] = revision
        service.latest_created = name
        service.trouble = "" if is_ready else f"Revision '{name}' is not ready and cannot serve traffic. {trouble}"
        if is_ready:
            service.latest_ready = name

    def _known(self, name: str) -> RunService:
        if name not in self.services:
            raise Refused(HTTPStatus.NOT_FOUND, f"Resource '{name}' of kind 'SERVICE' does not exist.")
        return self.services[name]

    def _listed(self, _request: Request, project: str) -> dict[str, Any]:
        return {
            "apiVersion": "serving.knative.dev/v1",
            "kind": "ServiceList",
            "metadata": {},
            "items": [shown_service(one, project) for one in self.services.values()],
        }

    def _described(self, _request: Request, project: str, name: str) -> dict[str, Any]:
        return shown_service(self._known(name), project)

    def _replaced(self, request: Request, project: str, name: str) -> dict[str, Any]:
        service = self._known(name)
        wanted = request.json()
        traffic_of(service, wanted["spec"]["traffic"])
        is_new = wanted["spec"]["template"] != service.spec["template"]
        service.spec = wanted["spec"]
        service.labels = wanted["metadata"].get("labels", {})
        service.annotations = wanted["metadata"].get("annotations", {})
        service.generation += 1
        if is_new:
            self._revise(service)
        return shown_service(service, project)

    def _revisions(self, request: Request, _project: str) -> dict[str, Any]:
        wanted = request.query.get("labelSelector", "").replace(" ", "").partition("serving.knative.dev/service=")[2]
        services = [one for one in self.services.values() if wanted.strip("'\"") in ("", one.name)]
        items = [revision for one in services for revision in one.revisions.values()]
        return {"apiVersion": "serving.knative.dev/v1", "kind": "RevisionList", "metadata": {}, "items": items}

    def _revision(self, _request: Request, _project: str, name: str) -> dict[str, Any]:
        for one in self.services.values():
            if name in one.revisions:
                return one.revisions[name]
        raise Refused(HTTPStatus.NOT_FOUND, f"Revision {name} not found.")
