"""What `python -m google_stand_ins` is told, in a JSON file."""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from google_stand_ins.pushing import Route
from google_stand_ins.relay import RelayOptions

Port = Annotated[int, Field(ge=1, le=65_535)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class IssuerSettings(_Part):
    """The issuer of tokens. With `keep_in` it has the same key after a restart."""

    port: Port
    keep_in: Path | None = None


class SchedulerSettings(_Part):
    """The stand-in for Cloud Scheduler. Each firing comes `lateness_s` seconds late, `times` times."""

    port: Port
    keep_in: Path | None = None
    lateness_s: Annotated[float, Field(ge=0)] = 0.0
    times: Annotated[int, Field(ge=1)] = 1


class KmsSettings(_Part):
    """The stand-in for KMS. `keys` are the full names of keys that are to exist."""

    port: Port
    keys: tuple[str, ...]
    keep_in: Path | None = None


class RelaySettings(_Part):
    """Who pushes what to whom. `routes` is by the ids of subscriptions."""

    project: str
    routes: dict[str, Route]
    audience: str
    account: str
    trouble: RelayOptions = RelayOptions()


class Settings(_Part):
    """The whole program. A part that is not named does not run; the issuer always does."""

    pubsub_host: str
    issuer: IssuerSettings
    scheduler: SchedulerSettings | None = None
    kms: KmsSettings | None = None
    relay: RelaySettings | None = None
