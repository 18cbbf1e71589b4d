"""Asks the other services over HTTP, where the settings say where they are."""

import urllib.request
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

from autotennis.errors import AutotennisError
from autotennis.flow import Service
from autotennis.ports import Ports
from autotennis_api.settings import ApiSettings

# A person waits for it, and a service on the same machine or network answers in milliseconds.
_PATIENCE_S: Final = 2.0
_MOST_BYTES: Final = 4_000_000
_OTHERS: Final = tuple(one for one in Service if one is not Service.API)


class Unheard(AutotennisError):
    """The service did not answer, or not well."""


@dataclass(frozen=True, slots=True)
class Health:
    """Whether a service answers; None where the settings do not say where it is. `seen_at` is when it last did."""

    service: Service
    answers: bool | None
    seen_at: datetime | None


def ask(settings: ApiSettings, service: Service, path: str) -> bytes:
    """What it answers there. Raises Unheard."""
    address = str(settings.services[service]).rstrip("/") + path
    request = urllib.request.Request(  # noqa: S310 (the operator's own setting, checked to be HTTP)
        address, headers={"Authorization": f"Bearer {settings.metrics_secret.get_secret_value()}"}
    )
    try:
        with _OPENER.open(request, timeout=_PATIENCE_S) as answer:
            return answer.read(_MOST_BYTES)
    except (OSError, ValueError) as error:
        raise Unheard(f"{service.value} did not answer: {type(error).__name__}.") from None


# Neighbours are asked directly, whatever proxy the machine uses for the world outside.
_OPENER: Final = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def healths(ports: Ports, settings: ApiSettings) -> Sequence[Health]:
    """How the other services are, all asked at once; remembers who answered, for a day."""
    with ThreadPoolExecutor(len(_OTHERS)) as askers:
        answers = dict(zip(_OTHERS, askers.map(partial(_answers, settings), _OTHERS), strict=True))
    return [Health(one, answers[one], _seen(ports, one, answers)) for one in _OTHERS]


def _answers(settings: ApiSettings, service: Service) -> bool | None:
    if service not in settings.services:
        return None
    try:
        ask(settings, service, "/healthz")
    except Unheard:
        return False
    return True


def _seen(ports: Ports, service: Service, answers: Mapping[Service, bool | None]) -> datetime | None:
    key = f"seen-{service.value}"
    if answers[service]:
        now = ports.clock.now()
        ports.store.keep_alive(key, now)
        return now
    return ports.store.alive_until(key)
