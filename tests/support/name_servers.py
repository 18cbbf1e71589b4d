"""Name servers that do not answer."""

import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import pytest


@contextmanager
def unanswered(monkeypatch: pytest.MonkeyPatch, *hosts: str) -> Generator[threading.Event]:
    """No name server answers for these hosts until that is set: their look-up waits in its thread. All others work."""
    let_go, look_up = threading.Event(), socket.getaddrinfo

    def waiting(host: Any, *more: Any, **options: Any) -> Any:
        if host in hosts:
            let_go.wait(60)
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return look_up(host, *more, **options)

    monkeypatch.setattr(socket, "getaddrinfo", waiting)
    try:
        yield let_go
    finally:
        let_go.set()
