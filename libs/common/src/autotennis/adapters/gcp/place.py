"""Where in Google Cloud an installation lives."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """The project and what is named in it.

    `region` is that of Cloud Scheduler's jobs; `kms_key` the full name of the key that guards the vault
    (`projects/P/locations/L/keyRings/R/cryptoKeys/K`). `prefix` begins the names of topics, subscriptions and jobs, and
    `database` is the Firestore database: two installations in one project differ in both. `scheduler_host` and
    `kms_host` (`host:port`) lead to services that speak like Google's, without TLS; empty for Google's own.
    """

    project: str
    region: str
    kms_key: str
    prefix: str = "autotennis"
    database: str = "(default)"
    scheduler_host: str = ""
    kms_host: str = ""


@dataclass(frozen=True, slots=True)
class Pusher:
    """Who may push events to our services: the tokens of this service account, made for this audience.

    `issuer` signs them, `keys_url` is where its public keys are (a JSON Web Key Set).
    """

    audience: str
    account: str
    issuer: str = "https://accounts.google.com"
    keys_url: str = "https://www.googleapis.com/oauth2/v3/certs"
