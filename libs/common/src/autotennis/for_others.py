"""What must not be so where others reach an installation in the cloud: what is meant for trying it out on a machine.

Everything here is good on a loopback address, where the emulators and a practice club are at home. In the cloud each of
these would be a door: a stand-in that unseals every password, receivers inside of Google's own network, a secret that
anybody guesses. So nothing starts with any of them, and each is named.
"""

from collections.abc import Iterable, Mapping
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit

from pydantic import SecretStr

from autotennis.domain.club import ClubRules

# Google's own clients go wherever such a variable says, without TLS and without asking who is there.
_EMULATOR: Final = "_EMULATOR_HOST"
_STAND_INS: Final = ("gcp_scheduler_host", "gcp_kms_host")
_TLS: Final = "https://"
_ISSUER: Final = ("gcp_push_issuer", "gcp_push_keys_url")
_FOR_ONE_MACHINE: Final[Mapping[str, str]] = {
    "plain_http": "cookies would travel without TLS",
    "private_receivers": "members could have messages sent into the cloud's own network",
    "open_registration": "anybody who has a login at the club could come in: invite them",
}
_SECRETS: Final = ("session_secret", "link_secret", "metrics_secret", "vapid_private_key")
# 32 random hexadecimal digits have fewer different ones once in a million million times; `changeme` has seven.
_FEWEST_DIFFERENT: Final = 8
# What no name of the open Internet ends with.
_INSIDE: Final = frozenset({"internal", "local", "localdomain", "localhost", "lan", "home", "arpa"})
# Where Cloud Run itself serves: a club there is the practice club of a rehearsal, which has an installation of its own.
_CLOUD_RUN: Final = ".run.app"
_REHEARSAL: Final = "rehearsal"


def unfit(told: Mapping[str, Any], environment: Mapping[str, str]) -> list[str]:
    """What is wrong with settings (by the names of their fields) for an installation in the cloud; no value is
    repeated."""
    return [
        *(f"{name} leads to an emulator: unset it" for name in sorted(environment) if _is_emulator(name, environment)),
        *_stood_in_for(told),
        *(f"{_variable(name)} is for one machine: {why}" for name, why in _FOR_ONE_MACHINE.items() if told.get(name)),
        *_guessable(told),
        *strange_clubs(told["clubs"]),
        *_practised(told["clubs"], str(told["gcp_prefix"])),
    ]


def _is_emulator(name: str, environment: Mapping[str, str]) -> bool:
    return name.endswith(_EMULATOR) and bool(environment[name])


def _stood_in_for(told: Mapping[str, Any]) -> Iterable[str]:
    yield from (f"{_variable(name)} is without TLS: leave it empty" for name in _STAND_INS if told[name])
    for name in _ISSUER:
        if told[name] and not str(told[name]).startswith(_TLS):
            yield f"{_variable(name)} has to begin with {_TLS}"


def _guessable(told: Mapping[str, Any]) -> Iterable[str]:
    known: dict[str, str] = {}
    for name in _SECRETS:
        secret = told.get(name)
        value = secret.get_secret_value() if isinstance(secret, SecretStr) else ""
        if not value:
            continue
        if is_guessable(value):
            yield f"{_variable(name)} can be guessed: give random characters"
        elif value in known:
            yield f"{_variable(name)} is the same as {_variable(known[value])}: each needs one of its own"
        known.setdefault(value, name)


def is_guessable(secret: str) -> bool:
    """Whether a secret is plainly none: few different characters, or one piece again and again."""
    return len(set(secret)) < _FEWEST_DIFFERENT or secret in (secret + secret)[1:-1]


def strange_clubs(clubs: Iterable[ClubRules]) -> Iterable[str]:
    """Those that are inside of something, or would be given passwords without TLS."""
    for club in clubs:
        url = urlsplit(club.root)
        if url.scheme != "https" or not _is_name_outside(url.hostname or ""):
            yield f"AUTOTENNIS_CLUBS: {club.id} has to be a web site of the open Internet, by https"


def _practised(clubs: Iterable[ClubRules], prefix: str) -> Iterable[str]:
    for club in clubs:
        host = (urlsplit(club.root).hostname or "").rstrip(".")
        if host.endswith(_CLOUD_RUN) and _REHEARSAL not in prefix:
            yield (
                f"AUTOTENNIS_CLUBS: {club.id} is on Cloud Run, as a practice club is. An installation for rehearsals "
                f"says so in AUTOTENNIS_GCP_PREFIX, such as autotennis-{_REHEARSAL}"
            )


def _is_name_outside(host: str) -> bool:
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        name = host.rstrip(".")
        return "." in name and name.rpartition(".")[2] not in _INSIDE
    return False


def _variable(name: str) -> str:
    return f"AUTOTENNIS_{name.upper()}"
