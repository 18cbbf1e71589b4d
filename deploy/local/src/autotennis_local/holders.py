"""Which services take something in hand that another must not do meanwhile, and under which name."""

from typing import Final

from autotennis.flow import Service

_HOLDERS: Final = (Service.BOOKER, Service.WAITLIST, Service.NOTIFIER, Service.API)


def instance_of(service: Service) -> str:
    """The instance's name on one machine; empty for who needs none.

    One of each service runs there, so a restarted one may take up what its predecessor held.
    """
    return service.value if service in _HOLDERS else ""
