"""Secret Manager: secrets, and versions with values."""

import base64
from http import HTTPStatus
from typing import Any

from google_stand_ins.checksum import crc32c
from google_stand_ins.fake_apis.routing import Refused, Request, Route


class SecretValues:
    """`values` has the values of each secret, oldest first. A secret without any exists all the same."""

    def __init__(self) -> None:
        self.values: dict[str, list[bytes]] = {}

    def routes(self) -> list[Route]:
        """What can be asked."""
        one = r"/v1/projects/([^/]+)/secrets/([^/:]+)"
        return [
            Route("GET", r"/v1/projects/([^/]+)/secrets", self._all),
            Route("GET", f"{one}/versions", self._versions),
            Route("POST", f"{one}:addVersion", self._add),
        ]

    def _all(self, _request: Request, project: str) -> dict[str, Any]:
        return {"secrets": [{"name": f"projects/{project}/secrets/{one}"} for one in self.values]}

    def _versions(self, _request: Request, project: str, secret: str) -> dict[str, Any]:
        count = len(self._known(project, secret))
        return {"versions": [self._version(project, secret, number) for number in range(count, 0, -1)]}

    def _add(self, request: Request, project: str, secret: str) -> dict[str, Any]:
        held = self._known(project, secret)
        payload = request.json()["payload"]
        value = base64.b64decode(payload["data"])
        if not value:
            raise Refused(HTTPStatus.BAD_REQUEST, "Secret Payload cannot be empty.")
        if int(payload["dataCrc32c"]) != crc32c(value):
            raise Refused(HTTPStatus.BAD_REQUEST, "The checksum of the payload does not match its data.")
        held.append(value)
        return {**self._version(project, secret, len(held)), "clientSpecifiedPayloadChecksum": True}

    def _known(self, project: str, secret: str) -> list[bytes]:
        if secret not in self.values:
            raise Refused(HTTPStatus.NOT_FOUND, f"Secret [projects/{project}/secrets/{secret}] not found.")
        return self.values[secret]

    def _version(self, project: str, secret: str, number: int) -> dict[str, Any]:
        return {"name": f"projects/{project}/secrets/{secret}/versions/{number}", "state": "ENABLED"}
