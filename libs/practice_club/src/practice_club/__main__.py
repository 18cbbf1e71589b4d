"""`python -m practice_club`: serve a practice club until Ctrl-C."""

import argparse
import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Sequence

from pydantic import SecretStr, ValidationError

from practice_club.club import PracticeClub
from practice_club.knobs import Knobs
from practice_club.server import Address, PortTakenError, serving

TOKEN_VARIABLE = "PRACTICE_CLUB_CONTROL_TOKEN"  # noqa: S105 - the name of a variable, no secret
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; gives its exit status."""
    options = _parser().parse_args(arguments)
    token = options.control_token or os.environ.get(TOKEN_VARIABLE)
    if options.host not in LOOPBACK and not token:
        return _complain("the control API needs a token (--control-token) if the club listens beyond this machine")
    try:
        knobs = Knobs.model_validate_json(options.knobs).turned({"clock_offset_ms": options.clock_offset_ms})
    except ValidationError as error:
        return _complain(f"--knobs: {error}")
    club = PracticeClub(seed=options.seed, empty=options.empty, knobs=knobs)
    try:
        asyncio.run(_serve(club, Address(options.host, options.port), SecretStr(token) if token else None))
    except PortTakenError as error:
        return _complain(f"{error.strerror}; choose another with --port, or --port 0 for any free one")
    except OSError as error:
        return _complain(f"cannot listen on {options.host} port {options.port}: {error.strerror}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="practice_club", description="A tennis club's web site to practise on.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=_port, default=0, help="0 (the default) takes any free port")
    parser.add_argument("--clock-offset-ms", type=float, default=0.0, help="the club's clock ahead of this machine's")
    parser.add_argument("--control-token", help=f"guards /control; also read from {TOKEN_VARIABLE}")
    parser.add_argument("--seed", type=int, default=1, help="for invented members, the timetable and jitter")
    parser.add_argument("--empty", action="store_true", help="start without members and slots")
    parser.add_argument("--knobs", default="{}", help="knobs as JSON, e.g. '{\"latency_in_ms\": 10}'")
    return parser


def _port(text: str) -> int:
    """A port's number; the parser names the option when this raises."""
    port = int(text)
    if not 0 <= port <= 65_535:
        raise argparse.ArgumentTypeError(f"{port} is no port: it must be from 0 to 65535")
    return port


async def _serve(club: PracticeClub, address: Address, token: SecretStr | None) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # not on Windows, where Ctrl-C raises instead
            loop.add_signal_handler(number, stop.set)
    async with serving(club, address, control_token=token):
        print(f"practice club at {club.base_url}", flush=True)  # noqa: T201 - what the program is asked for
        await stop.wait()


def _complain(message: str) -> int:
    print(f"practice_club: {message}", file=sys.stderr)  # noqa: T201 - a program speaks on its standard error
    return 2


if __name__ == "__main__":
    sys.exit(main())
