"""Cloud Resource Manager, Cloud Billing and Service Usage: one project."""

from http import HTTPStatus
from typing import Any, Final

from google_stand_ins.fake_apis.routing import Refused, Request, Route

_NUMBER: Final = "123456789012"
_DONE: Final[dict[str, Any]] = {"name": "operations/acat.enabled", "done": True, "response": {}}


class Projects:
    """The one project, whether it is paid for, and which APIs are on in it."""

    def __init__(self, project: str) -> None:
        self.project = project
        self.number = _NUMBER
        self.is_billed = True
        self.apis: set[str] = set()

    def routes(self) -> list[Route]:
        """Cloud Resource Manager's."""
        return [
            Route("POST", "/v1/projects", self._created),
            Route("GET", r"/v1/projects/([^/]+)", self._described),
            Route("GET", r"/v1/(operations/.+)", self._operation),
        ]

    def billing_routes(self) -> list[Route]:
        """Cloud Billing's."""
        return [
            Route("GET", r"/v1/projects/([^/]+)/billingInfo", self._billing),
            Route("PUT", r"/v1/projects/([^/]+)/billingInfo", self._link),
        ]

    def usage_routes(self) -> list[Route]:
        """Service Usage's."""
        return [
            Route("GET", r"/v1/projects/([^/]+)/services", self._enabled),
            Route("POST", r"/v1/projects/([^/]+)/services:batchEnable", self._enable),
            Route("POST", r"/v1/projects/([^/]+)/services/([^/:]+):enable", self._enable_one),
            Route("GET", r"/v1/(operations/.+)", self._operation),
        ]

    def _operation(self, _request: Request, name: str) -> dict[str, Any]:
        return {**_DONE, "name": name}

    def _known(self, project: str) -> None:
        if project not in (self.project, self.number):
            raise Refused(
                HTTPStatus.FORBIDDEN,
                f"The caller does not have permission to access project {project}, or it may not exist.",
            )

    def _created(self, request: Request) -> dict[str, Any]:
        self._known(request.json()["projectId"])
        return {"name": "operations/cp.made"}

    def _link(self, _request: Request, project: str) -> dict[str, Any]:
        self._known(project)
        self.is_billed = True
        return self._billing(_request, project)

    def _described(self, _request: Request, project: str) -> dict[str, Any]:
        self._known(project)
        return {"projectId": self.project, "projectNumber": self.number, "lifecycleState": "ACTIVE"}

    def _billing(self, _request: Request, project: str) -> dict[str, Any]:
        self._known(project)
        account = {"billingAccountName": "billingAccounts/000000-000000-000000", "billingEnabled": True}
        return {"projectId": self.project, **(account if self.is_billed else {})}

    def _enabled(self, _request: Request, project: str) -> dict[str, Any]:
        self._known(project)
        return {"services": [{"config": {"name": one}, "state": "ENABLED"} for one in sorted(self.apis)]}

    def _enable(self, request: Request, project: str) -> dict[str, Any]:
        self._known(project)
        self.apis.update(request.json()["serviceIds"])
        return _DONE

    def _enable_one(self, _request: Request, project: str, api: str) -> dict[str, Any]:
        self._known(project)
        self.apis.add(api)
        return _DONE
