"""Requests that come too slowly or only in part: none of them keeps a thread from others, and none is half done.

gunicorn's threads read each request to its end, and by themselves wait for ever for somebody who sends a byte now and
then. What was cut off in the middle they would take for the whole: a form without its last fields.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from io import BytesIO
from socket import SHUT_RDWR, socket
from typing import TYPE_CHECKING, Any, Final

from gunicorn.workers.gthread import TConn, ThreadWorker

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# A request has come by then (s), head and body: they are small, and whoever is slower comes again.
_COMES_WITHIN_S: Final = 10.0
_SOCKET: Final = "gunicorn.socket"
_INPUT: Final = "wsgi.input"


class HearingWorker(ThreadWorker):
    """Threads of which no caller takes one for longer than a request may take to come."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._coming: dict[socket, float] = {}
        self._now_s: Callable[[], float] = lambda: 0.0

    def hear_by(self, now_s: Callable[[], float]) -> None:
        """Goes by this clock (s, monotonic) from now on."""
        self._now_s = now_s

    def heard(self, caller: socket) -> None:
        """The caller's request is here, all of it: the answer may take as long as it takes."""
        self._coming.pop(caller, None)

    def handle(self, conn: TConn) -> Any:
        """Reads and answers one request, in a thread of its own."""
        self._coming[conn.sock] = self._now_s() + _COMES_WITHIN_S
        try:
            return super().handle(conn)
        finally:
            self.heard(conn.sock)

    def murder_pending(self) -> None:
        """Once a second, hangs up on those whose request has not come: their threads read the end of it."""
        super().murder_pending()
        now_s = self._now_s()
        for caller, until_s in self._coming.copy().items():
            # Unless it has come in this very moment.
            if until_s < now_s and self._coming.pop(caller, None) is not None:
                with suppress(OSError):
                    caller.shutdown(SHUT_RDWR)


def heard_whole(app: "WSGIApplication", most: int, heard: Callable[[socket], None]) -> "WSGIApplication":
    """The application, but that it is asked only when the body is here, up to `most` bytes of it and one more."""

    def whole(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        body = environ[_INPUT].read(most + 1)
        heard(environ[_SOCKET])
        said = int(environ.get("CONTENT_LENGTH") or 0)
        if len(body) < min(said, most + 1):
            start_response("400 Bad Request", [("Content-Length", "0"), ("Connection", "close")])
            return []
        environ[_INPUT] = BytesIO(body)
        return app(environ, start_response)

    return whole
