"""Finding ports to listen on."""

import errno
import os
import socket
from collections.abc import Callable, Collection
from typing import Self

from autotennis.errors import BadSettings

# How far above the wanted port to look for a free one.
_REACH = 50


def any_port(host: str, planned: Collection[int] = ()) -> int:
    """A port that is free now and not planned for another program."""
    with Reserved(host) as reserved:
        return reserved.any(planned)


class Reserved:
    """Ports of this machine that nobody else is given while the context lasts.

    Between the choice of a port and the start of the program that is to listen there, seconds pass, in which the system
    may give it to whoever connects anywhere. A socket that is bound to it prevents that, and is not in the way of a
    program that may use an address again (SO_REUSEADDR), as servers do.
    """

    def __init__(self, host: str) -> None:
        self._host = host
        self._sockets: list[socket.socket] = []

    def any(self, planned: Collection[int] = ()) -> int:
        """A free port that is not planned for another program, from now on reserved."""
        while True:
            holder = socket.socket()
            self._sockets.append(holder)
            holder.bind((self._host, 0))
            holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            port = int(holder.getsockname()[1])
            if port not in planned:
                return port

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for holder in self._sockets:
            holder.close()


def port_near(host: str, wanted: int, planned: Collection[int], say: Callable[[str], None]) -> int:
    """The wanted port, or the next one above it that can be had, which is then told."""
    why = _why_not(host, wanted, planned)
    if not why:
        return wanted
    above = range(wanted + 1, min(wanted + _REACH, 65536))
    port = next((one for one in above if not _why_not(host, one, planned)), None) or any_port(host, planned)
    say(f"Port {wanted} {why}; using {port} instead.")
    return port


def must_be_free(host: str, port: int) -> None:
    """For who is told of one port, and not asked for another. Raises BadSettings if it cannot be had."""
    if why := _why_not(host, port, ()):
        raise BadSettings(f"Port {port} {why}: free it, or name another one (AUTOTENNIS_PORT).")


def _why_not(host: str, port: int, planned: Collection[int]) -> str:
    """Why a program could not listen there; empty if it could."""
    if port in planned:
        return "is taken by another part of this system"
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            is_taken = error.errno == errno.EADDRINUSE
            return "is taken by another program" if is_taken else f"cannot be used ({os.strerror(error.errno or 0)})"
    return ""
