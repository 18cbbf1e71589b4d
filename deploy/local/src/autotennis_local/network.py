"""Finding ports to listen on."""

import socket
from collections.abc import Callable

# How far above the wanted port to look for a free one.
_REACH = 50


def is_free(host: str, port: int) -> bool:
    """Whether a program could listen there now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def any_port(host: str) -> int:
    """A port that is free now."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def port_near(host: str, wanted: int, say: Callable[[str], None]) -> int:
    """The wanted port, or the next free one above it, which is then told."""
    for port in range(wanted, min(wanted + _REACH, 65536)):
        if is_free(host, port):
            if port != wanted:
                say(f"Port {wanted} is taken by another program; using {port} instead.")
            return port
    return any_port(host)
