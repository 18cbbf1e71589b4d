"""Settings: read once from the environment (AUTOTENNIS_*), checked, frozen."""

from enum import StrEnum
from pathlib import Path
from typing import Self, TypeVar

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from autotennis.domain.club import NTNUI_TENNIS, ClubRules
from autotennis.errors import BadSettings

_Settings = TypeVar("_Settings", bound="Settings")


class Backend(StrEnum):
    """The families of adapters."""

    LOCAL = "local"


class Settings(BaseSettings):
    """What every service is told.

    `data_dir` holds the database and the vault's key. `instance` is this process's name, which only one may bear at a
    time: a restarted process of the same name takes up at once what the earlier one held. `contact` is where the club
    can reach whoever runs this, and stands in the User-Agent.
    """

    model_config = SettingsConfigDict(env_prefix="AUTOTENNIS_", frozen=True, extra="ignore")

    backend: Backend = Backend.LOCAL
    data_dir: Path = Path("var")
    clubs: tuple[ClubRules, ...] = (NTNUI_TENNIS,)
    contact: str = Field(default="", max_length=200, pattern=r"^[\x20-\x7e]*$")
    push_secret: SecretStr = Field(min_length=16)
    instance: str = Field(default="", pattern=r"^[A-Za-z0-9_-]{0,40}$")
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    log_level: str = Field(default="INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$")

    @model_validator(mode="after")
    def _clubs_have_names_of_their_own(self) -> Self:
        ids = [club.id for club in self.clubs]
        if not ids or len(set(ids)) != len(ids):
            raise ValueError("AUTOTENNIS_CLUBS needs at least one club, each with an id of its own")
        return self

    @property
    def user_agent(self) -> str:
        """What we call ourselves at the club: our own name, and whom to turn to."""
        return f"Autotennis/0.1 ({self.contact})" if self.contact else "Autotennis/0.1"


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
        wrong = [
            f"{prefix}{'__'.join(str(part) for part in one['loc'][:1]).upper()}: {one['msg']}"
            for one in error.errors(include_url=False, include_context=False, include_input=False)
        ]
        raise BadSettings("The settings are wrong. " + "; ".join(wrong)) from None
