"""Which ports the system takes when a wanted one cannot be had."""

import socket
from pathlib import Path

import pytest
from support.users import as_nobody

from autotennis_local.network import Reserved, any_port, port_near

HOST = "127.0.0.1"
_FIRST_FREE_TO_ALL = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")


def test_a_free_port_is_taken_without_a_word() -> None:
    said: list[str] = []
    wanted = any_port(HOST)
    assert port_near(HOST, wanted, (), said.append) == wanted
    assert said == []


def test_a_port_that_another_program_has_is_told() -> None:
    said: list[str] = []
    with socket.socket() as other:
        other.bind((HOST, 0))
        other.listen()
        taken = other.getsockname()[1]
        found = port_near(HOST, taken, (), said.append)
    assert found != taken
    assert said == [f"Port {taken} is taken by another program; using {found} instead."]


@pytest.mark.parametrize("reach", [1, 60])
def test_a_port_that_is_planned_for_another_part_is_not_given_again(reach: int) -> None:
    said: list[str] = []
    wanted = any_port(HOST)
    planned = range(wanted, wanted + reach)
    found = port_near(HOST, wanted, planned, said.append)
    assert found not in planned
    assert said == [f"Port {wanted} is taken by another part of this system; using {found} instead."]


def test_after_the_last_port_any_is_taken() -> None:
    said: list[str] = []
    assert 0 < port_near(HOST, 65535, {65535}, said.append) < 65535
    assert len(said) == 1


def test_a_port_for_root_only_is_told() -> None:
    wanted = int(_FIRST_FREE_TO_ALL.read_text()) - 60
    if wanted < 1:
        pytest.skip("on this machine everybody may listen on any port")
    said: list[str] = []
    with as_nobody():
        found = port_near(HOST, wanted, (), said.append)
    assert said == [f"Port {wanted} cannot be used (Permission denied); using {found} instead."]


def test_a_reserved_port_is_for_the_program_that_is_to_listen_there_alone() -> None:
    with Reserved(HOST) as reserved:
        port = reserved.any()
        with socket.socket() as other, pytest.raises(OSError, match="in use"):
            other.bind((HOST, port))
        with socket.socket() as server:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            server.bind((HOST, port))
            server.listen()
    with socket.socket() as other:
        other.bind((HOST, port))
