"""Settings: read once from the environment (AUTOTENNIS_*), checked, frozen.

Here is what every service is told. Each has a class of its own besides, in its `settings.py`, with what it alone needs.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final, Self, TypeVar

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, SettingsConfigDict

from autotennis.adapters.system import environment
from autotennis.domain.club import NTNUI_TENNIS, ClubRules
from autotennis.errors import BadSettings
from autotennis.for_others import unfit
from autotennis.hosts import is_loopback

_Settings = TypeVar("_Settings", bound="Settings")


class Backend(StrEnum):
    """The families of adapters."""

    LOCAL = "local"
    GCP = "gcp"


class Mark(StrEnum):
    """What is to be known of a setting besides its field: in which family it means anything, and who gives it."""

    ONE_MACHINE = "one machine"
    CLOUD = "Google Cloud"
    # Whoever starts the system on one machine, or puts it into the cloud, tells the services: no operator need.
    GIVEN = "given"


PREFIX: Final = "AUTOTENNIS_"
_SHORTEST_SECRET: Final = 16
_NEEDED: Final = {
    Backend.LOCAL: ("push_secret",),
    Backend.GCP: ("gcp_project", "gcp_region", "gcp_kms_key", "gcp_push_audience", "gcp_push_account"),
}
# How pydantic-settings begins to say so; the field's name follows, and never its value.
_NOT_JSON: Final = 'error parsing value for field "'
_KEY_NAME: Final = "projects/our-club/locations/europe-north1/keyRings/autotennis/cryptoKeys/vault"


class Settings(BaseSettings):
    """What every service is told."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    backend: Annotated[Backend, Mark.GIVEN] = Field(
        default=Backend.LOCAL, description="Where everything is kept: on this machine, or on Google Cloud."
    )
    data_dir: Annotated[Path, Mark.ONE_MACHINE, Mark.GIVEN] = Field(
        default=Path("var"), description="The directory of the database and of the vault's key."
    )
    clubs: tuple[ClubRules, ...] = Field(
        default=(NTNUI_TENNIS,), description="The clubs, as a JSON list, described below."
    )
    contact: str = Field(
        default="",
        max_length=200,
        pattern=r"^[\x20-\x7e]*$",
        description="Where a club can reach whoever runs this; it stands in the User-Agent. A web address or an "
        "e-mail address, in ASCII.",
        examples=["mailto:you@example.org"],
    )
    push_secret: Annotated[SecretStr, Mark.ONE_MACHINE, Mark.GIVEN] = Field(
        default=SecretStr(""),
        description=f"Whoever knows it may push events to the services: {_SHORTEST_SECRET} characters or more.",
    )
    instance: Annotated[str, Mark.ONE_MACHINE, Mark.GIVEN] = Field(
        default="",
        pattern=r"^[A-Za-z0-9_-]{0,40}$",
        description="This process's name, which only one may bear at a time: one that is started anew with the same "
        "name takes up at once what the one before held.",
        examples=["booker"],
    )
    host: Annotated[str, Mark.GIVEN] = Field(
        default="127.0.0.1", description="The address on which the service listens; in a container 0.0.0.0."
    )
    port: Annotated[int, Mark.GIVEN] = Field(
        default=8080, ge=0, le=65535, description="The port on which it listens; 0 takes any free one."
    )
    log_level: str = Field(
        default="INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="How much is logged.", examples=["INFO"]
    )
    metrics_secret: SecretStr = Field(
        default=SecretStr(""),
        description=f"Whoever has it may read `/metrics`, which is not there without one: {_SHORTEST_SECRET} "
        "characters or more.",
    )
    otlp_endpoint: str = Field(
        default="",
        pattern=r"^(https?://\S+)?$",
        description="The OTLP/HTTP collector that traces are sent to (needs the extra `traces`); empty: no traces.",
        examples=["http://127.0.0.1:4318"],
    )
    gcp_project: Annotated[str, Mark.CLOUD] = Field(
        default="",
        pattern=r"^([a-z][a-z0-9-]{2,28}[a-z0-9])?$",
        description="The project.",
        examples=["our-club"],
    )
    gcp_region: Annotated[str, Mark.CLOUD] = Field(
        default="",
        pattern=r"^([a-z]+-[a-z]+\d+)?$",
        description="The region of Cloud Scheduler's jobs.",
        examples=["europe-north1"],
    )
    gcp_kms_key: Annotated[str, Mark.CLOUD] = Field(
        default="",
        pattern=r"^(projects/[^/]+/locations/[^/]+/keyRings/[^/]+/cryptoKeys/[^/]+)?$",
        description="The full name of the key that guards the vault.",
        examples=[_KEY_NAME],
    )
    gcp_push_audience: Annotated[str, Mark.CLOUD] = Field(
        default="", description="The audience that the tokens of pushed events are made for.", examples=["autotennis"]
    )
    gcp_push_account: Annotated[str, Mark.CLOUD] = Field(
        default="",
        pattern=r"^([^@\s]+@[^@\s]+)?$",
        description="The service account that pushes events, and that no other has any business with.",
        examples=["autotennis-pusher@our-club.iam.gserviceaccount.com"],
    )
    gcp_push_issuer: Annotated[str, Mark.CLOUD] = Field(
        default="", description="Who signs the tokens of pushed events; empty: Google."
    )
    gcp_push_keys_url: Annotated[str, Mark.CLOUD] = Field(
        default="",
        pattern=r"^(https?://\S+)?$",
        description="Where the keys are that these tokens are signed with; empty: Google's.",
        examples=["https://issuer.example.org/certs"],
    )
    gcp_database: Annotated[str, Mark.CLOUD] = Field(
        default="(default)",
        pattern=r"^(\(default\)|[a-z][a-z0-9-]{2,61}[a-z0-9])$",
        description="The Firestore database: two installations in one project differ here.",
        examples=["(default)"],
    )
    gcp_prefix: Annotated[str, Mark.CLOUD] = Field(
        default="autotennis",
        pattern=r"^[a-z][a-z0-9-]{2,40}$",
        description="Begins the names of topics, subscriptions and jobs: two installations in one project differ here.",
        examples=["autotennis"],
    )
    gcp_scheduler_host: Annotated[str, Mark.CLOUD] = Field(
        default="",
        description="`host:port` of a service that speaks like Cloud Scheduler, without TLS; empty: Google's.",
    )
    gcp_kms_host: Annotated[str, Mark.CLOUD] = Field(
        default="", description="`host:port` of a service that speaks like Cloud KMS, without TLS; empty: Google's."
    )

    @model_validator(mode="after")
    def _clubs_have_names_of_their_own(self) -> Self:
        ids = [club.id for club in self.clubs]
        if not ids or len(set(ids)) != len(ids):
            raise ValueError("AUTOTENNIS_CLUBS needs at least one club, each with an id of its own")
        return self

    @model_validator(mode="after")
    def _family_has_what_it_needs(self) -> Self:
        missing = [variable_of(name) for name in _NEEDED[self.backend] if not getattr(self, name)]
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
    def _nothing_for_trying_out_is_in_the_cloud(self) -> Self:
        # On a loopback address nobody else is served: there the emulators are.
        if self.backend is Backend.GCP and not is_loopback(self.host):
            wrong = unfit(dict(self), environment())
            if wrong:
                raise ValueError("; ".join(wrong))
        return self

    @property
    def user_agent(self) -> str:
        """What we call ourselves at the club: our own name, and whom to turn to."""
        return f"Autotennis/0.1 ({self.contact})" if self.contact else "Autotennis/0.1"


def variable_of(name: str) -> str:
    """The environment variable of a field."""
    return f"{PREFIX}{name.upper()}"


def read_settings(kind: type[_Settings], **given: object) -> _Settings:
    """The settings of the environment, and what is `given` in place of it.

    Raises BadSettings, which names each variable that is wrong and how.
    """
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        wrong = [_complaint(kind.model_fields, one["loc"], one["type"], one["msg"]) for one in found]
        raise BadSettings("The settings are wrong. " + "; ".join(wrong)) from None


def _complaint(fields: Mapping[str, FieldInfo], place: Sequence[int | str], error: str, message: str) -> str:
    """What is wrong with the variable of this place; several that do not fit together are named in the message."""
    said = message.removeprefix("Value error, ")
    if said.startswith(_NOT_JSON):
        return f"{variable_of(said.removeprefix(_NOT_JSON).partition(chr(34))[0])}: its value is not JSON"
    if not place or (field := fields.get(str(place[0]))) is None:
        return said
    within = f" (at {'.'.join(str(part) for part in place[1:])})" if len(place) > 1 else ""
    return f"{variable_of(str(place[0]))}: {_mended(field, error, said)}{within}"


def _mended(field: FieldInfo, error: str, said: str) -> str:
    """How to mend it. A value is never repeated: it may be a secret."""
    if error == "missing":
        return f"it is missing. {field.description}"
    examples: list[Any] = field.examples or []
    if error == "string_pattern_mismatch" and examples:
        return f"it has to be such as {examples[0]}"
    return said
