"""An HTTP proxy that is Google: gcloud is pointed at it, and every API it asks is answered from one memory.

Terraform's bucket, and whoever opens a page of a service, comes by the same port.
"""

import threading
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import urlsplit

from google_stand_ins.fake_apis.buckets import Buckets
from google_stand_ins.fake_apis.building import Building
from google_stand_ins.fake_apis.cloud_run import PAGES_HOST, CloudRun
from google_stand_ins.fake_apis.logs import Logs
from google_stand_ins.fake_apis.projects import Projects
from google_stand_ins.fake_apis.routing import Answer, Refused, Request, answered
from google_stand_ins.fake_apis.secret_values import SecretValues

# As gcloud calls them in CLOUDSDK_API_ENDPOINT_OVERRIDES_*.
_APIS: Final = (
    "cloudbilling",
    "cloudbuild",
    "cloudresourcemanager",
    "logging",
    "run",
    "secretmanager",
    "serviceusage",
    "storage",
)
_HOST: Final = ".fake"
_METHODS: Final = ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")


class FakeGoogle:
    """What is there, and what was asked for.

    `refuse` has it say no to every request that begins so: `refuse["PUT run"] = (403, "why")`.
    """

    def __init__(self, project: str) -> None:
        self.projects = Projects(project)
        self.run = CloudRun(self.projects.number)
        self.building = Building()
        self.buckets = Buckets()
        self.secrets = SecretValues()
        self.logs = Logs()
        self.refuse: dict[str, tuple[int, str]] = {}
        self.asked: list[Request] = []
        self.port = 0
        self._lock = threading.RLock()
        self._routes = {
            "cloudbilling": self.projects.billing_routes(),
            "cloudbuild": self.building.routes(),
            "cloudresourcemanager": self.projects.routes(),
            "logging": self.logs.routes(),
            "run": self.run.routes(),
            "secretmanager": self.secrets.routes(),
            "serviceusage": self.projects.usage_routes(),
            "storage": self.buckets.routes(),
        }

    @property
    def changes(self) -> list[str]:
        """What was asked for that changes anything, in order: `PUT run /apis/...`."""
        return [str(one) for one in self.asked if _changes(one)]

    def variables(self) -> dict[str, str]:
        """The environment that points gcloud and Terraform's bucket here; whoever opens pages needs the proxy, too."""
        overrides = {f"CLOUDSDK_API_ENDPOINT_OVERRIDES_{one.upper()}": f"http://{one}{_HOST}/" for one in _APIS}
        here = f"http://127.0.0.1:{self.port}"
        return overrides | {
            "CLOUDSDK_PROXY_TYPE": "http_no_tunnel",
            "CLOUDSDK_PROXY_ADDRESS": "127.0.0.1",
            "CLOUDSDK_PROXY_PORT": str(self.port),
            "CLOUDSDK_CORE_DISABLE_USAGE_REPORTING": "true",
            "CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK": "true",
            "GOOGLE_BACKEND_STORAGE_CUSTOM_ENDPOINT": f"{here}/storage/v1/",
            "http_proxy": here,
            "no_proxy": "127.0.0.1,localhost",
        }

    def answer(self, request: Request) -> Answer:
        """What Google says to this."""
        with self._lock:
            self.asked.append(request)
            if request.api == PAGES_HOST:
                upstream = self.run.address_of(urlsplit(request.url).hostname or "")
            else:
                return self._said(request)
        return self.run.page(request, upstream)

    def _said(self, request: Request) -> Answer:
        for begins, (status, why) in self.refuse.items():
            if str(request).startswith(begins):
                return Refused(status, why).answer()
        try:
            return answered(request, self._routes.get(request.api, []))
        except Refused as refused:
            return refused.answer()


def _changes(request: Request) -> bool:
    """Reading the log is a POST, too; pages are no API."""
    reads_by_post = request.path.endswith("entries:list")
    return request.method != "GET" and request.api != PAGES_HOST and not reads_by_post


@contextmanager
def running_google(project: str) -> Generator[FakeGoogle]:
    """Serves on a free loopback port while the context lasts."""
    google = FakeGoogle(project)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(google))
    google.port = server.server_address[1]
    google.buckets.here = f"http://127.0.0.1:{google.port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield google
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler_of(google: FakeGoogle) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # A client that sends the head and the body apart must not wait for the other side's delayed acknowledgement.
        disable_nagle_algorithm = True

        def answer(self) -> None:
            url = self.path if self.path.startswith("http") else f"http://{self.headers.get('Host')}{self.path}"
            request = Request(self.command, _api_of(url), url, _lowered(self.headers.items()), self._body())
            try:
                said = google.answer(request)
            except Exception as error:  # noqa: BLE001 (whatever it is: the test that asked is to see it)
                said = Refused(HTTPStatus.INTERNAL_SERVER_ERROR, f"{type(error).__name__}: {error}").answer()
            self.send_response(said.status)
            for name, value in said.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(said.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(said.body)

        def _body(self) -> bytes:
            if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
                return b"".join(_chunks(self.rfile))
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (so it is called there)
            """Says nothing: what was asked stands in `asked`."""

    for method in _METHODS:
        setattr(Handler, f"do_{method}", Handler.answer)
    return Handler


def _lowered(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers}


def _chunks(stream: Any) -> Generator[bytes]:
    while size := int(stream.readline().split(b";")[0], 16):
        yield stream.read(size)
        stream.readline()
    stream.readline()


def _api_of(url: str) -> str:
    """The API that a host is; a bucket that Terraform asks for comes without one."""
    host = urlsplit(url).hostname or ""
    if host.endswith(f".{PAGES_HOST}"):
        return PAGES_HOST
    # Cloud Run's API has a host for each region: `europe-north1-run`.
    return host.removesuffix(_HOST).rpartition("-")[2] if host.endswith(_HOST) else "storage"
