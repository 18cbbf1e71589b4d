"""Serves the web pages: `python -m autotennis_api`, told what to do by AUTOTENNIS_* variables."""

import sys
from contextlib import ExitStack
from typing import Any, cast

import structlog
from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.glogging import Logger
from gunicorn.workers.base import Worker

from autotennis.errors import AutotennisError
from autotennis.log import set_up_logs
from autotennis.settings import read_settings
from autotennis.tracing import set_up_traces, shut_down_traces
from autotennis.wiring import open_ports
from autotennis_api.app import create_app
from autotennis_api.live_views import hub_of
from autotennis_api.settings import ApiSettings

_log = structlog.get_logger()

# A page waits 25 s for a club at most; whoever stops us waits this long for the pages that are being made.
_GRACE_S = 28
# A page without a stream asks every 2 s. A connection that is closed after just as long (as gunicorn does by itself) is
# gone at times when the next request is on its way.
_KEPT_S = 5


class _OneLog(Logger):
    """gunicorn's own lines in the form of all others."""

    def setup(self, cfg: Any) -> None:
        """Leaves them to the program's log."""
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True


class WebServer(BaseApplication):
    """gunicorn with one process of many threads."""

    def __init__(self, settings: ApiSettings) -> None:
        self._settings = settings
        self._open = ExitStack()
        super().__init__()

    def load_config(self) -> None:
        """Tells gunicorn what the settings say."""
        for name, value in self._options().items():
            self.cfg.set(name, value)

    def _options(self) -> dict[str, Any]:
        return {
            "bind": f"{self._settings.host}:{self._settings.port}",
            "control_socket_disable": True,
            "graceful_timeout": _GRACE_S,
            "keepalive": _KEPT_S,
            "logger_class": _OneLog,
            "loglevel": "warning",
            "post_worker_init": _end_streams_with,
            "proc_name": "autotennis-api",
            # Each stream has a thread of its own, so that the pages keep theirs.
            "threads": self._settings.threads + self._settings.streams,
            "when_ready": _say_where,
            "worker_class": "gthread",
            "worker_exit": self._close,
            "workers": 1,
        }

    def load(self) -> Any:
        """The application, made in the process that serves it: a database's connection must not cross a fork."""
        set_up_traces("api", self._settings.otlp_endpoint)
        self._open.callback(shut_down_traces)
        ports = self._open.enter_context(open_ports(self._settings))
        return create_app(ports, self._settings)

    def _close(self, _arbiter: Arbiter, _worker: Worker) -> None:
        self._open.close()


def _end_streams_with(worker: Worker) -> None:
    """Whoever stops us does not wait for streams: the pages come back to the next program by themselves."""
    hub_of(cast("Flask", worker.wsgi)).ends_when(lambda: not worker.alive)


def _say_where(arbiter: Arbiter) -> None:
    for listener in arbiter.LISTENERS:
        host, port = listener.sock.getsockname()[:2]
        _log.info("serving", address=f"http://{host}:{port}")


def main() -> int:
    """Serves until SIGTERM or SIGINT."""
    try:
        settings = read_settings(ApiSettings)
        # Opened once beforehand, so that what is wrong is said plainly here and not by a worker that cannot start.
        with open_ports(settings):
            pass
    except AutotennisError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    set_up_logs("api", settings.log_level, settings.gcp_project)
    WebServer(settings).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
