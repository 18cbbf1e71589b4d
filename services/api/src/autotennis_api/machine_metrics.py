"""What Prometheus reads: this service's metrics, and those of the others, which the public cannot reach."""

from collections.abc import Callable
from typing import Any, Final

from flask import Blueprint, Flask, Response, g, request
from werkzeug.exceptions import NotFound as PageNotFound

from autotennis import metrics as counting
from autotennis.flow import Service
from autotennis.metrics import Metrics
from autotennis_api import doors
from autotennis_api.desk import desk
from autotennis_api.neighbours import Unheard, ask

machine_metrics = Blueprint("machine_metrics", __name__)

_BEGUN: Final = "begun_s"


@machine_metrics.get(counting.PATH)
@doors.public
def show() -> Response:
    """This service's own. Without a secret in the settings there is no such page."""
    _let_in()
    return Response(desk().ports.metrics.exposition(), content_type=counting.CONTENT_TYPE)


@machine_metrics.get(f"{counting.PATH}/<service>")
@doors.public
def relay(service: str) -> Response:
    """Another service's, where the settings say where it is."""
    _let_in()
    if service not in set(Service) or Service(service) not in desk().settings.services:
        raise PageNotFound
    try:
        body = ask(desk().settings, Service(service), counting.PATH)
    except Unheard:
        return Response("The service does not answer.", status=502, content_type="text/plain")
    return Response(body, content_type=counting.CONTENT_TYPE)


def _let_in() -> None:
    """Raises NotFound for whoever lacks the secret: nobody need know that there is anything."""
    if not counting.admits(desk().settings.metrics_secret, request.headers.get("Authorization", "")):
        raise PageNotFound


def count_pages(app: Flask, metrics: Metrics, now_s: Callable[[], float]) -> None:
    """Counts every page by endpoint and status, and how long it took."""

    def begin() -> None:
        g.setdefault(_BEGUN, now_s())

    def end(answer: Response) -> Response:
        took_s = now_s() - g.get(_BEGUN, now_s())
        metrics.pages.labels(request.endpoint or "none", str(answer.status_code)).observe(took_s)
        return answer

    hooks: Any = app
    hooks.before_request(begin)
    hooks.after_request(end)
