"""What the timer is told by the environment."""

from typing import Final, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, model_validator

from autotennis.hosts import is_loopback
from autotennis.shared_settings import CheckSettings

_HTTPS: Final = "AUTOTENNIS_DEADMAN_URL needs an address that begins with https://"


class TimerSettings(CheckSettings):
    """The settings of every service, and the timer's own."""

    canary: bool = Field(default=True, description="Whether each club's pages are looked through once a day.")
    deadman_url: SecretStr = Field(
        default=SecretStr(""),
        description="The address (`https://`) that is pinged while the sweeps run and find nothing overdue; empty: "
        "none.",
    )

    @model_validator(mode="after")
    def _deadman_is_https(self) -> Self:
        address = urlsplit(self.deadman_url.get_secret_value())
        host = address.hostname or ""
        is_safe = address.scheme == "https" or (address.scheme == "http" and is_loopback(host))
        if self.deadman_url and not (is_safe and host):
            raise ValueError(_HTTPS)
        return self
