"""The settings of all services: each one's own, and all of them together as one machine is told them."""

from collections.abc import Iterable, Mapping
from typing import Final

from autotennis.flow import Service
from autotennis.settings import PREFIX, Settings
from autotennis.unknown_settings import Unknown, unknown, variables_of
from autotennis_api.settings import ApiSettings
from autotennis_booker.settings import BookerSettings
from autotennis_local.dispatching import DispatcherSettings
from autotennis_notifier.settings import NotifierSettings
from autotennis_timer.settings import TimerSettings
from autotennis_waitlist.settings import WaitlistSettings

KINDS: Final[Mapping[Service, type[Settings]]] = {
    Service.API: ApiSettings,
    Service.TIMER: TimerSettings,
    Service.BOOKER: BookerSettings,
    Service.WAITLIST: WaitlistSettings,
    Service.NOTIFIER: NotifierSettings,
}


class EverySettings(ApiSettings, TimerSettings, BookerSettings, WaitlistSettings, NotifierSettings):
    """What any service is told: on one machine all of them are told by one environment."""


def not_for(service: Service, variables: Iterable[str]) -> tuple[str, ...]:
    """Those of our variables that the service has no business with: the secrets of others among them."""
    own = variables_of(KINDS[service])
    return tuple(sorted(name for name in variables if name.startswith(PREFIX) and name not in own))


def unknown_here(variables: Iterable[str]) -> list[Unknown]:
    """Those that look like settings and are none of any program on one machine."""
    return unknown(variables, variables_of(EverySettings) | variables_of(DispatcherSettings))
