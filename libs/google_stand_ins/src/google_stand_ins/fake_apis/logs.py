"""Cloud Logging: what was logged, found by the revision that logged it."""

from typing import Any

from google_stand_ins.fake_apis.routing import Request, Route


class Logs:
    """`entries` is what the log holds, newest first. A filter finds those whose revision it names."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []

    def routes(self) -> list[Route]:
        """What can be asked."""
        return [Route("POST", "/v2/entries:list", self._list)]

    def log_error(self, revision: str, message: str) -> None:
        """A service of this revision says that something failed."""
        resource = {"type": "cloud_run_revision", "labels": {"revision_name": revision}}
        self.entries.insert(0, {"severity": "ERROR", "resource": resource, "jsonPayload": {"message": message}})

    def _list(self, request: Request) -> dict[str, Any]:
        wanted = request.json()["filter"]
        found = [one for one in self.entries if one["resource"]["labels"]["revision_name"] in wanted]
        return {"entries": found}
