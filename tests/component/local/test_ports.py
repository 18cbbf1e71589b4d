"""Which ports the system takes when a wanted one cannot be had."""

import os
import socket
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from autotennis_local.network import any_port, port_near

HOST = "127.0.0.1"
_FIRST_FREE_TO_ALL = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")


@contextmanager
def as_nobody() -> Generator[None]:
    """Without root's rights, if this is root."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(before)


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
