"""`python -m practice_club` as a process of its own."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import aiohttp
import pytest

from practice_club.__main__ import main

WAIT_S = 20


@asynccontextmanager
async def _program(*arguments: str) -> AsyncGenerator[tuple[asyncio.subprocess.Process, str]]:
    """The process and the address that it prints; stopped at the end, if it still runs."""
    command = (sys.executable, "-m", "practice_club", *arguments)
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    try:
        line = (await asyncio.wait_for(process.stdout.readline(), WAIT_S)).decode()
        assert line.startswith("practice club at http://127.0.0.1:")
        yield process, line.split()[-1]
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def test_it_prints_its_address_serves_and_stops_when_told() -> None:
    options = ("--port", "0", "--clock-offset-ms", "1370", "--seed", "7", "--knobs", '{"page_bytes": 30000}')
    async with _program(*options) as (process, address):
        async with aiohttp.ClientSession() as http:
            async with http.get(f"{address}/control/time") as response:
                assert (await response.json())["offset_ms"] == 1370
            async with http.get(f"{address}/control/sessions") as response:
                assert len(await response.json()) > 20
            async with http.get(address) as response:
                assert len(await response.read()) > 30_000
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), WAIT_S) == 0


def test_a_taken_port_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["--port", str(port)]) == 2
    assert f"port {port} on 127.0.0.1 is taken" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--knobs", '{"wrokers": 1}'], "wrokers"),
        (["--knobs", "{"], "--knobs"),
        (["--host", "0.0.0.0"], "token"),  # noqa: S104 - the program must refuse it
        (["--host", "no-such-host.invalid", "--control-token", "t"], "cannot listen on no-such-host.invalid"),
    ],
)
def test_wrong_options_are_named(options: list[str], named: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(options) == 2
    assert named in capsys.readouterr().err


def test_an_impossible_port_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--port", "99999"])
    assert caught.value.code == 2
    assert "--port: 99999 is no port" in capsys.readouterr().err
