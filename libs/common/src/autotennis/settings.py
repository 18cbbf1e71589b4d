"""Settings: read once from the environment (AUTOTENNIS_*), checked, frozen."""

from enum import StrEnum
from pathlib import Path
from typing import Final, Self, TypeVar
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from autotennis.domain.checks import CheckRules
from autotennis.domain.club import NTNUI_TENNIS, ClubRules
from autotennis.errors import BadSettings

_Settings = TypeVar("_Settings", bound="Settings")


class Backend(StrEnum):
    """The families of adapters."""

    LOCAL = "local"
    GCP = "gcp"


_SHORTEST_SECRET: Final = 16
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_SHORTEST_LINK_SECRET: Final = 32
_VAPID_KEY_LENGTH: Final = 43
_NEEDED: Final = {
    Backend.LOCAL: ("push_secret",),
    Backend.GCP: ("gcp_project", "gcp_region", "gcp_kms_key", "gcp_push_audience", "gcp_push_account"),
}


class Settings(BaseSettings):
    """What every service is told.

    `data_dir` holds the database and the vault's key. `instance` is this process's name, which only one may bear at a
    time: a restarted process of the same name takes up at once what the earlier one held. `contact` is where the club
    can reach whoever runs this, and stands in the User-Agent. `push_secret` is known to whoever may push events on one
    machine. Whoever has the `metrics_secret` may read `/metrics`, which is not there without one. `otlp_endpoint` is
    the collector that traces are sent to, empty for none.

    Bookings are checked `checks_before_h` hours before they open (several with commas, none for no checks), spread over
    `checks_spread_min` minutes before that; `checks_quiet_min` minutes before an opening its club is left alone.
    With `canary` each club's pages are looked through once a day.
    `deadman_url` is pinged while the timer sweeps on time and finds nothing overdue.

    For messages to members: `public_url` is where the web pages are for whoever follows a link; `link_secret` signs
    links that act without signing in. `smtp_url` (`smtps://user:password@host:465`, or `smtp://` for STARTTLS, or
    without TLS on this machine) is where e-mail is handed in, from `mail_from`; without them there is none.
    `vapid_private_key` is the P-256 key (base64url, 32 bytes) by which push services know us; without it there is no
    web push. `private_receivers` lets messages go to private addresses and without TLS, for a machine that serves
    nobody but itself.

    On Google Cloud (`backend` is `gcp`): `gcp_project`, the `gcp_region` of its jobs, `gcp_kms_key`, the full name of
    the key that guards the vault, and `gcp_push_audience` and `gcp_push_account`, which tell who may push: tokens made
    for that audience by that service account. `gcp_prefix` begins the names of topics, subscriptions and jobs, and
    `gcp_database` is the Firestore database: two installations in one project differ in both. The hosts (`host:port`)
    and `gcp_push_issuer`, `gcp_push_keys_url` are Google's own unless told otherwise.
    """

    model_config = SettingsConfigDict(env_prefix="AUTOTENNIS_", frozen=True, extra="ignore")

    backend: Backend = Backend.LOCAL
    data_dir: Path = Path("var")
    clubs: tuple[ClubRules, ...] = (NTNUI_TENNIS,)
    contact: str = Field(default="", max_length=200, pattern=r"^[\x20-\x7e]*$")
    push_secret: SecretStr = SecretStr("")
    instance: str = Field(default="", pattern=r"^[A-Za-z0-9_-]{0,40}$")
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    log_level: str = Field(default="INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$")
    metrics_secret: SecretStr = SecretStr("")
    otlp_endpoint: str = Field(default="", pattern=r"^(https?://\S+)?$")
    checks_before_h: str = Field(default="24,4", pattern=r"^(\d{1,3}(\.\d{1,6})?(,\d{1,3}(\.\d{1,6})?){0,5})?$")
    checks_spread_min: float = Field(default=60.0, ge=0, le=360)
    checks_quiet_min: float = Field(default=3.0, ge=0, le=60)
    canary: bool = True
    deadman_url: SecretStr = SecretStr("")
    public_url: str = Field(default="", max_length=200, pattern=r"^(https?://[^\s/?#@]+(/[^\s?#]*)?)?$")
    link_secret: SecretStr = SecretStr("")
    smtp_url: SecretStr = SecretStr("")
    mail_from: str = Field(default="", max_length=200, pattern=r"^([^\x00-\x1f\x7f]*[^\s@<>]+@[^\s@<>]+>?)?$")
    private_receivers: bool = False
    vapid_private_key: SecretStr = SecretStr("")
    gcp_project: str = Field(default="", pattern=r"^([a-z][a-z0-9-]{2,28}[a-z0-9])?$")
    gcp_region: str = Field(default="", pattern=r"^([a-z]+-[a-z]+\d+)?$")
    gcp_kms_key: str = Field(default="", pattern=r"^(projects/[^/]+/locations/[^/]+/keyRings/[^/]+/cryptoKeys/[^/]+)?$")
    gcp_push_audience: str = ""
    gcp_push_account: str = Field(default="", pattern=r"^([^@\s]+@[^@\s]+)?$")
    gcp_push_issuer: str = ""
    gcp_push_keys_url: str = Field(default="", pattern=r"^(https?://\S+)?$")
    gcp_database: str = Field(default="(default)", pattern=r"^(\(default\)|[a-z][a-z0-9-]{2,61}[a-z0-9])$")
    gcp_prefix: str = Field(default="autotennis", pattern=r"^[a-z][a-z0-9-]{2,40}$")
    gcp_scheduler_host: str = ""
    gcp_kms_host: str = ""

    @model_validator(mode="after")
    def _clubs_have_names_of_their_own(self) -> Self:
        ids = [club.id for club in self.clubs]
        if not ids or len(set(ids)) != len(ids):
            raise ValueError("AUTOTENNIS_CLUBS needs at least one club, each with an id of its own")
        return self

    @model_validator(mode="after")
    def _family_has_what_it_needs(self) -> Self:
        missing = [f"AUTOTENNIS_{name.upper()}" for name in _NEEDED[self.backend] if not getattr(self, name)]
        if missing:
            raise ValueError(f"AUTOTENNIS_BACKEND={self.backend} needs {', '.join(missing)} too")
        if self.backend is Backend.GCP and self.instance:
            raise ValueError("AUTOTENNIS_INSTANCE is for one machine: in the cloud many instances share their settings")
        if self.push_secret and len(self.push_secret) < _SHORTEST_SECRET:
            raise ValueError(f"AUTOTENNIS_PUSH_SECRET needs at least {_SHORTEST_SECRET} characters")
        if self.metrics_secret and len(self.metrics_secret) < _SHORTEST_SECRET:
            raise ValueError(f"AUTOTENNIS_METRICS_SECRET needs at least {_SHORTEST_SECRET} characters")
        return self

    @model_validator(mode="after")
    def _deadman_is_https(self) -> Self:
        address = urlsplit(self.deadman_url.get_secret_value())
        is_safe = address.scheme == "https" or (address.scheme == "http" and address.hostname in _LOOPBACK)
        if self.deadman_url and not (is_safe and address.hostname):
            raise ValueError("AUTOTENNIS_DEADMAN_URL needs an address that begins with https://")
        return self

    @property
    def checks(self) -> CheckRules:
        """When bookings are checked before their opening."""
        hours = tuple(float(text) for text in self.checks_before_h.split(",") if text)
        quiet_after = min(self.checks_quiet_min, CheckRules().quiet_after_min)
        return CheckRules(
            hours_before=hours,
            spread_min=self.checks_spread_min,
            quiet_min=self.checks_quiet_min,
            quiet_after_min=quiet_after,
        )

    @model_validator(mode="after")
    def _messages_can_be_sent(self) -> Self:
        if self.link_secret and len(self.link_secret) < _SHORTEST_LINK_SECRET:
            raise ValueError(f"AUTOTENNIS_LINK_SECRET needs at least {_SHORTEST_LINK_SECRET} characters")
        if self.vapid_private_key and len(self.vapid_private_key) != _VAPID_KEY_LENGTH:
            raise ValueError("AUTOTENNIS_VAPID_PRIVATE_KEY has to be 32 bytes in base64url, which is 43 characters")
        if self.smtp_url:
            _check_smtp(self.smtp_url.get_secret_value())
            if not self.mail_from:
                raise ValueError("AUTOTENNIS_SMTP_URL needs AUTOTENNIS_MAIL_FROM too")
        return self

    @property
    def public_root(self) -> str:
        """`public_url` without a slash at its end."""
        return self.public_url.rstrip("/")

    @property
    def user_agent(self) -> str:
        """What we call ourselves at the club: our own name, and whom to turn to."""
        return f"Autotennis/0.1 ({self.contact})" if self.contact else "Autotennis/0.1"


def _check_smtp(address: str) -> None:
    """Raises ValueError, which does not repeat the address: it holds a password."""
    try:
        url = urlsplit(address)
        is_good = url.scheme in ("smtp", "smtps") and bool(url.hostname) and url.port != 0
    except ValueError:
        is_good = False
    if not is_good:
        raise ValueError("AUTOTENNIS_SMTP_URL has to be such as smtps://user:password@mail.example.org:465")


def read_settings(kind: type[_Settings], **given: object) -> _Settings:
    """The settings of the environment, and what is `given` in place of it.

    Raises BadSettings, which names each variable that is wrong and how.
    """
    try:
        return kind.model_validate(given)
    except SettingsError as error:
        raise BadSettings(f"The settings are wrong. {error}: its value is not JSON.") from None
    except ValidationError as error:
        prefix = str(kind.model_config.get("env_prefix", ""))
        found = error.errors(include_url=False, include_context=False, include_input=False)
        wrong = [_complaint(prefix, "".join(str(part) for part in one["loc"][:1]), one["msg"]) for one in found]
        raise BadSettings("The settings are wrong. " + "; ".join(wrong)) from None


def _complaint(prefix: str, name: str, message: str) -> str:
    """What is wrong with the variable of this name; several that do not fit together are named in the message."""
    said = message.removeprefix("Value error, ")
    return f"{prefix}{name.upper()}: {said}" if name else said
