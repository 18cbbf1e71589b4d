"""Cloud Build: takes a build and has finished it at once."""

import hashlib
import re
from http import HTTPStatus
from typing import Any, Final

from google_stand_ins.fake_apis.routing import Refused, Request, Route

_INSTANT: Final = "2026-11-02T10:00:00.000000Z"


class Building:
    """`builds` are those made, newest first. With `fails` the next ones end badly, each with that step's words."""

    def __init__(self) -> None:
        self.builds: list[dict[str, Any]] = []
        self.fails = ""

    def routes(self) -> list[Route]:
        """What can be asked."""
        place = r"/v1/projects/([^/]+)/locations/([^/]+)"
        return [
            Route("POST", f"{place}/builds", self._create),
            Route("GET", f"{place}/builds", self._listed),
            Route("GET", f"{place}/builds/([^/]+)", self._described),
            Route("GET", f"{place}/operations/([^/]+)", self._operation),
        ]

    def _create(self, request: Request, project: str, region: str) -> dict[str, Any]:
        wanted = request.json()
        build_id = f"00000000-0000-0000-0000-{len(self.builds) + 1:012}"
        words = {"PROJECT_ID": project, **wanted.get("substitutions", {})}
        images = [_substituted(one, words) for one in wanted.get("images", [])]
        content = str(wanted["source"])
        pushed = [{"name": one, "digest": _digest(one.rpartition(":")[0] + content)} for one in images]
        ended = {"status": "FAILURE", "statusDetail": self.fails} if self.fails else {"status": "SUCCESS"}
        build = {
            **wanted,
            "id": build_id,
            "name": f"projects/{project}/locations/{region}/builds/{build_id}",
            "projectId": project,
            "createTime": _INSTANT,
            "finishTime": _INSTANT,
            "images": images,
            "tags": [_substituted(one, words) for one in wanted.get("tags", [])],
            "results": {} if self.fails else {"images": pushed},
            "logUrl": f"https://console.cloud.google.com/cloud-build/builds/{build_id}",
            **ended,
        }
        self.builds.insert(0, build)
        return self._operation(request, project, region, build_id)

    def _listed(self, request: Request, *_place: str) -> dict[str, Any]:
        wanted = re.search(r'tags="([^"]+)"', request.query.get("filter", ""))
        return {"builds": [one for one in self.builds if not wanted or wanted[1] in one["tags"]]}

    def _described(self, _request: Request, project: str, _region: str, build_id: str) -> dict[str, Any]:
        for one in self.builds:
            if one["id"] == build_id:
                return one
        raise Refused(HTTPStatus.NOT_FOUND, f"Build {build_id} of {project} not found.")

    def _operation(self, request: Request, project: str, region: str, build_id: str) -> dict[str, Any]:
        build = self._described(request, project, region, build_id)
        kind = "type.googleapis.com/google.devtools.cloudbuild.v1"
        return {
            "name": f"projects/{project}/locations/{region}/operations/{build_id}",
            "metadata": {"@type": f"{kind}.BuildOperationMetadata", "build": build},
        }


def _substituted(text: str, words: dict[str, str]) -> str:
    return re.sub(r"\$\{?(\w+)\}?", lambda found: words.get(found[1], found[0]), text)


def _digest(text: str) -> str:
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
