"""What the web pages are told by the environment."""

from typing import Self

from pydantic import Field, HttpUrl, SecretStr, model_validator

from autotennis.flow import Service
from autotennis.hosts import is_loopback
from autotennis.settings import Settings


class ApiSettings(Settings):
    """The settings of every service, and the pages' own.

    `session_secret` signs the sessions' cookies, and `link_secret` the links in messages: whoever has one of them can
    be anybody. `plain_http` lets cookies travel without TLS, for a machine that serves nobody but itself. `proxies` is
    how many proxies in front of us name the caller's address; `threads` is how many pages are made at once, and
    `streams` how many open pages are told of news besides, as it comes: the others ask every 2 s.
    `club_logins_per_hour` caps the logins that our forms may cause at clubs in all, whoever asks. `services` says where
    the other services are (`{"timer": "http://..."}`): without that the console cannot tell how they are. With
    `open_registration`, whoever can log in at a club may register; otherwise that takes an invitation.
    `vapid_public_key` is for pages that are not to know the private one that it belongs to.
    """

    session_secret: SecretStr = Field(min_length=32)
    link_secret: SecretStr = Field(min_length=32)
    vapid_public_key: str = Field(default="", pattern=r"^([A-Za-z0-9_-]{87})?$")
    plain_http: bool = False
    proxies: int = Field(default=0, ge=0, le=5)
    threads: int = Field(default=16, ge=1, le=200)
    services: dict[Service, HttpUrl] = Field(default_factory=dict[Service, HttpUrl])
    streams: int = Field(default=48, ge=0, le=500)
    open_registration: bool = False
    club_logins_per_hour: int = Field(default=120, ge=1, le=10_000)

    @model_validator(mode="after")
    def _plain_http_stays_on_the_machine(self) -> Self:
        if self.plain_http and not is_loopback(self.host):
            raise ValueError("AUTOTENNIS_PLAIN_HTTP is only for a loopback AUTOTENNIS_HOST such as 127.0.0.1")
        return self
