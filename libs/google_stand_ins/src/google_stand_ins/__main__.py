"""`python -m google_stand_ins SETTINGS.json`: all stand-ins, until SIGTERM or Ctrl-C."""

import asyncio
import contextlib
import logging
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from google_stand_ins.issuer import Issuer, kept_key, serving_issuer
from google_stand_ins.kms import running_kms
from google_stand_ins.relaying import LOG_FORM, RelayOrders, relaying
from google_stand_ins.scheduler import SchedulerOptions, running_scheduler
from google_stand_ins.settings import SchedulerSettings, Settings

_LOG = logging.getLogger("google_stand_ins")


def main(arguments: Sequence[str]) -> int:
    """Runs the program; gives its exit status."""
    logging.basicConfig(level=logging.INFO, format=LOG_FORM, stream=sys.stderr)
    if len(arguments) != 1:
        return _complain("it takes one argument, the path of its settings")
    try:
        settings = Settings.model_validate_json(Path(arguments[0]).read_bytes())
    except OSError as error:
        return _complain(f"{arguments[0]} cannot be read: {error.strerror}")
    except ValidationError as error:
        return _complain(f"{arguments[0]}: {error}")
    try:
        asyncio.run(_run(settings))
    except (OSError, RuntimeError) as error:
        return _complain(str(error))
    return 0


async def _run(settings: Settings) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    with contextlib.ExitStack() as stack:
        if settings.scheduler:
            host = stack.enter_context(running_scheduler(settings.pubsub_host, _options(settings.scheduler)))
            _LOG.info("Cloud Scheduler's stand-in at %s", host)
        if settings.kms:
            host = stack.enter_context(running_kms(settings.kms.keys, settings.kms.keep_in, settings.kms.port))
            _LOG.info("KMS's stand-in at %s", host)
        # The issuer comes last: when it answers, all of them do.
        key = kept_key(settings.issuer.keep_in) if settings.issuer.keep_in else None
        async with serving_issuer(settings.issuer.port, key) as issuer:
            _LOG.info("issuer of tokens at %s, its keys at %s", issuer.url, issuer.keys_url)
            await _push_until(stop, settings, issuer)
            _LOG.info("stopping")


async def _push_until(stop: asyncio.Event, settings: Settings, issuer: Issuer) -> None:
    """Runs the relay, if there is one, until it is time to stop. Raises RuntimeError if it ends before."""
    if not settings.relay:
        await stop.wait()
        return
    # In a process of its own, which takes leave of the emulator even when this one is killed: see `pulling`.
    with relaying(RelayOrders.of(settings.pubsub_host, settings.relay, issuer)) as relay:
        _LOG.info("pushing from %d subscriptions of %s", len(settings.relay.routes), settings.pubsub_host)
        stopped = asyncio.create_task(stop.wait())
        ended = asyncio.create_task(asyncio.to_thread(relay.wait))
        await asyncio.wait({stopped, ended}, return_when=asyncio.FIRST_COMPLETED)
        if not stopped.done():
            raise RuntimeError(f"the relay ended with status {ended.result()}")
        relay.terminate()


def _options(settings: SchedulerSettings) -> SchedulerOptions:
    return SchedulerOptions(
        port=settings.port, lateness_s=settings.lateness_s, times=settings.times, keep_in=settings.keep_in
    )


def _complain(message: str) -> int:
    print(f"google_stand_ins: {message}", file=sys.stderr)  # noqa: T201 - a program speaks on its standard error
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
