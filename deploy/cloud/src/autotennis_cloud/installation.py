"""The one file of settings: where in Google Cloud an installation lives, and what its services are told."""

import tomllib
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, ValidationInfo, field_validator

from autotennis.domain.club import ClubRules
from autotennis.errors import BadSettings
from autotennis_api.settings import ApiSettings

# Where the services' own settings have other names. Those of the pages hold all that stands in the file.
_SERVICES_NAMES: Final = {
    "project": "gcp_project",
    "region": "gcp_region",
    "prefix": "gcp_prefix",
    "database": "gcp_database",
}
# A service account's id has 30 characters at most, `-notifier` with them.
_Prefix = Annotated[str, Field(max_length=21)]
_Number = Annotated[int, Field(ge=0)]


class Installation(BaseModel):
    """What the file may say. Everything but `project` and `contact` has a default.

    What is None is left to Terraform, whose variables of the same names say what they mean, and check more.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    project: Annotated[str, Field(min_length=6)]
    contact: Annotated[str, Field(min_length=1)]
    region: str = "europe-north1"
    prefix: _Prefix = "autotennis"
    database: str = "(default)"
    clubs: list[dict[str, Any]] | None = None
    public_url: str = ""
    mail_from: str = ""
    log_level: str = "INFO"
    alert_email: Annotated[str, Field(pattern=r"^([^@\s]+@[^@\s]+)?$")] = ""
    monthly_budget: _Number = 0
    billing_account: Annotated[str, Field(pattern=r"^([0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6})?$")] = ""
    database_location: str | None = None
    backups_kept_days: _Number | None = None
    key_rotation_days: _Number | None = None
    streams: _Number | None = None
    warm_pages: _Number | None = None
    warm_bookers: _Number | None = None
    most_bookers: _Number | None = None
    more_settings: dict[str, str] | None = None
    # For rehearsals alone, against a practice club of its own (docs/rehearsal.md).
    rehearsal: bool = False

    @field_validator("project", "contact", "region", "prefix", "database", "public_url", "mail_from", "log_level")
    @classmethod
    def _as_the_services_take_it(cls, value: str, info: ValidationInfo) -> str:
        name = _SERVICES_NAMES.get(str(info.field_name), str(info.field_name))
        return _checked(ApiSettings.model_fields[name].rebuild_annotation(), value)

    @field_validator("clubs")
    @classmethod
    def _are_clubs(cls, value: list[dict[str, Any]] | None) -> list[dict[str, Any]] | None:
        if value is not None:
            _checked(Annotated[tuple[ClubRules, ...], Field(min_length=1)], value)
        return value

    @property
    def bucket(self) -> str:
        """The bucket of Terraform's state and of the list of releases."""
        return f"{self.project}-{self.prefix}-deploy"

    @property
    def sources(self) -> str:
        """The bucket from which Cloud Build takes what it builds."""
        return f"{self.project}-{self.prefix}-sources"

    @property
    def images(self) -> str:
        """Where images are kept, without a name of one."""
        return f"{self.region}-docker.pkg.dev/{self.project}/{self.prefix}"

    def service(self, name: str) -> str:
        """What Cloud Run calls this service."""
        return f"{self.prefix}-{name}"

    def place(self) -> tuple[str, str]:
        """The words that tell gcloud where."""
        return f"--project={self.project}", f"--region={self.region}"


def _checked(kind: Any, value: Any) -> Any:
    try:
        return TypeAdapter(kind).validate_python(value)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ValueError(f"{where}: {first['msg']}" if where else first["msg"]) from None


def read_installation(path: Path) -> Installation:
    """What the file says. Raises BadSettings, which names what is wrong in it and how."""
    try:
        said = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise BadSettings(
            f"There is no {path}. Copy the example beside it and fill it in: "
            f"cp {path.with_name('installation.example.toml')} {path}"
        ) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadSettings(f"{path} cannot be read: {error}") from None
    try:
        return Installation.model_validate(said)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        wrong = [f"{'.'.join(str(part) for part in one['loc'])}: {_plain(one['msg'])}" for one in found]
        raise BadSettings(f"{path} is wrong. " + "; ".join(wrong)) from None


def _plain(message: str) -> str:
    return message.removeprefix("Value error, ")
