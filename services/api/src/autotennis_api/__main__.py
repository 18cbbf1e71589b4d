"""Serves the web pages: `python -m autotennis_api`, told what to do by AUTOTENNIS_* variables."""

import mmap
import os
import signal
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, NoReturn, cast

import structlog
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.glogging import Logger
from gunicorn.workers.base import Worker

from autotennis.errors import AutotennisError
from autotennis.lasting import keep_for_good
from autotennis.log import set_up_logs
from autotennis.settings import read_settings
from autotennis.stopping import CLOSE_S
from autotennis.tracing import set_up_traces, shut_down_traces
from autotennis.undumped import keep_out_of_dumps
from autotennis.unknown_settings import warn_of_unknown
from autotennis_api.hearing import HearingWorker
from autotennis_api.settings import ApiSettings

if TYPE_CHECKING:
    from flask import Flask

_log = structlog.get_logger()

# Pages that are being made are waited for so long, in whole seconds. A club that takes longer to answer, as it may for
# 25 s, is not: whatever was to be kept of that page is kept already or not at all.
_GRACE_S = int(CLOSE_S)
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
    """gunicorn with one process of many threads.

    The application is imported only there: the process in front, which starts it again if it dies, stays small.
    """

    def __init__(self, settings: ApiSettings) -> None:
        self._settings = settings
        self._open = ExitStack()
        # Both processes see this byte: whether the application could not be made.
        self._failed = mmap.mmap(-1, 1)
        super().__init__()

    def load_config(self) -> None:
        """Tells gunicorn what the settings say."""
        for name, value in self._options().items():
            self.cfg.set(name, value)

    def _options(self) -> dict[str, Any]:
        return {
            "bind": f"{self._settings.host}:{self._settings.port}",
            "control_socket_disable": True,
            # A proxy may say who calls and by which scheme, as the settings tell; where a path begins no caller says.
            "forwarder_headers": "",
            "graceful_timeout": _GRACE_S,
            "keepalive": _KEPT_S,
            "logger_class": _OneLog,
            "loglevel": "warning",
            "post_worker_init": _is_up,
            "proc_name": "autotennis-api",
            # Each stream has a thread of its own, so that the pages keep theirs.
            "threads": self._settings.threads + self._settings.streams,
            "worker_class": HearingWorker,
            "worker_exit": self._close,
            "workers": 1,
        }

    def load(self) -> Any:
        """The application, made in the process that serves it: a database's connection must not cross a fork."""
        from autotennis.wiring import open_ports
        from autotennis_api.app import create_app

        set_up_traces("api", self._settings.otlp_endpoint)
        self._open.callback(shut_down_traces)
        try:
            ports = self._open.enter_context(open_ports(self._settings))
        except AutotennisError as error:
            self._give_up(error)
        return create_app(ports, self._settings)

    def _give_up(self, error: AutotennisError) -> NoReturn:
        """Says it plainly and ends both processes: gunicorn by itself would tell it as a crash."""
        sys.stderr.write(f"{error}\n")
        sys.stderr.flush()
        self._failed[0] = 1
        os.kill(os.getppid(), signal.SIGTERM)
        os._exit(0)

    def serve(self) -> int:
        """Serves until SIGTERM or SIGINT; gives the exit status."""
        try:
            self.run()
        except SystemExit as end:
            return 2 if self._failed[0] else int(end.code or 0)
        return 0

    def _close(self, _arbiter: Arbiter, _worker: Worker) -> None:
        self._open.close()


def _is_up(worker: HearingWorker) -> None:
    keep_for_good()
    _hear_out(worker)
    _end_streams_with(worker)
    for listener in worker.sockets:
        host, port = listener.getsockname()[:2]
        _log.info("serving", address=f"http://{host}:{port}")


def _hear_out(worker: HearingWorker) -> None:
    """Nobody holds a thread by asking slowly, and nothing is done of what was asked only in part."""
    from autotennis_api.app import LARGEST_FORM_BYTES
    from autotennis_api.desk import EXTENSION, Desk
    from autotennis_api.hearing import heard_whole

    app = cast("Flask", worker.wsgi)
    worker.hear_by(cast("Desk", app.extensions[EXTENSION]).ports.clock.monotonic_s)
    cast("Any", app).wsgi_app = heard_whole(app.wsgi_app, LARGEST_FORM_BYTES, worker.heard)


def _end_streams_with(worker: Worker) -> None:
    """Whoever stops us does not wait for streams: the pages come back to the next program by themselves."""
    from autotennis_api.live_views import hub_of

    hub_of(cast("Flask", worker.wsgi)).ends_when(lambda: not worker.alive)


def main() -> int:
    """Serves until SIGTERM or SIGINT."""
    keep_out_of_dumps()
    try:
        settings = read_settings(ApiSettings)
    except AutotennisError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    set_up_logs("api", settings.log_level, settings.gcp_project)
    warn_of_unknown(ApiSettings)
    return WebServer(settings).serve()


if __name__ == "__main__":
    sys.exit(main())
