"""Finding ports to listen on."""

import errno
import os
import socket
from collections.abc import Callable, Collection

# How far above the wanted port to look for a free one.
_REACH = 50


def any_port(host: str, planned: Collection[int] = ()) -> int:
    """A port that is free now and not planned for another program."""
    while True:
        with socket.socket() as probe:
            probe.bind((host, 0))
            port = int(probe.getsockname()[1])
        if port not in planned:
            return port


def port_near(host: str, wanted: int, planned: Collection[int], say: Callable[[str], None]) -> int:
    """The wanted port, or the next one above it that can be had, which is then told. 0 wants any port."""
    if not wanted:
        return any_port(host, planned)
    why = _why_not(host, wanted, planned)
    if not why:
        return wanted
    above = range(wanted + 1, min(wanted + _REACH, 65536))
    port = next((one for one in above if not _why_not(host, one, planned)), None) or any_port(host, planned)
    say(f"Port {wanted} {why}; using {port} instead.")
    return port


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
