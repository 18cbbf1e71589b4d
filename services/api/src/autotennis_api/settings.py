"""What the web pages are told by the environment."""

from typing import Annotated, Self

from pydantic import Field, HttpUrl, SecretStr, model_validator

from autotennis.flow import Service
from autotennis.hosts import is_loopback
from autotennis.settings import Mark
from autotennis.shared_settings import MessageSettings


class ApiSettings(MessageSettings):
    """The settings of every service, and the pages' own."""

    session_secret: Annotated[SecretStr, Mark.GIVEN] = Field(
        min_length=32,
        description="Signs the cookies of who is signed in: whoever has it can be anybody. 32 random characters or "
        "more; if it changes, everybody signs in again.",
    )
    link_secret: Annotated[SecretStr, Mark.GIVEN] = Field(
        min_length=32,
        description="Reads the links in messages, and so is the notifier's: 32 random characters or more.",
    )
    vapid_public_key: str = Field(
        default="",
        pattern=r"^([A-Za-z0-9_-]{87})?$",
        description="The public key of `AUTOTENNIS_VAPID_PRIVATE_KEY`, for pages that are not to know the private one: "
        "87 characters of base64url.",
    )
    plain_http: Annotated[bool, Mark.ONE_MACHINE] = Field(
        default=False,
        description="Whether cookies may travel without TLS; only on this machine, where it is true unless you say "
        "otherwise or `AUTOTENNIS_PUBLIC_URL` begins with `https://`. Behind a proxy with TLS: false.",
    )
    proxies: int = Field(
        default=0,
        ge=0,
        le=5,
        description="How many proxies in front of the pages name the caller's address; 1 on Cloud Run.",
    )
    threads: int = Field(default=16, ge=1, le=200, description="How many pages are made at once.")
    services: Annotated[dict[Service, HttpUrl], Mark.GIVEN] = Field(
        default_factory=dict[Service, HttpUrl],
        description='For the console: where the other services are, as JSON (`{"timer": "http://..."}`); without it '
        "the console cannot tell how they are.",
    )
    streams: int = Field(
        default=48,
        ge=0,
        le=500,
        description="How many open pages are told of news as it comes, each by a thread of its own; the others ask "
        "every 2 s. 0 is cheaper on Cloud Run ([costs](costs.md)); what it costs a machine: "
        "[pages under load](pages-under-load.md).",
    )
    open_registration: Annotated[bool, Mark.ONE_MACHINE] = Field(
        default=False,
        description="Whether whoever can log in at a club may register; otherwise that takes an invitation.",
    )
    club_logins_per_hour: int = Field(
        default=120,
        ge=1,
        le=10_000,
        description="How many logins our forms may cause at clubs in an hour in all, whoever asks.",
    )
    club_logins_per_address: int = Field(
        default=10,
        ge=1,
        le=10_000,
        description="How many of them one network address may cause in an hour (in a day: four times as many); more "
        "where a whole club registers in one house.",
    )

    @model_validator(mode="after")
    def _plain_http_stays_on_the_machine(self) -> Self:
        if self.plain_http and not is_loopback(self.host):
            raise ValueError("AUTOTENNIS_PLAIN_HTTP is only for a loopback AUTOTENNIS_HOST such as 127.0.0.1")
        return self
