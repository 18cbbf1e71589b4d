"""What is meant for trying out on a machine keeps every service from starting in the cloud, and is named."""

import hashlib
import json
from collections.abc import Mapping

import pytest

from autotennis.adapters.system import SystemIds
from autotennis.described_settings import described
from autotennis.errors import BadSettings
from autotennis.flow import Service
from autotennis.for_others import is_guessable
from autotennis.settings import Backend, Settings, read_settings
from autotennis_cloud.secret_values import made
from autotennis_local.every_settings import KINDS

CLUB = {"id": "club", "name": "The Club"}
# As Cloud Run has it: the services listen for everybody.
CLOUD: Mapping[str, str] = {
    "BACKEND": "gcp",
    "HOST": "0.0.0.0",  # noqa: S104 (in a container)
    "CLUBS": json.dumps([{**CLUB, "base_url": "https://www.club.example/"}]),
    "GCP_PROJECT": "our-club",
    "GCP_REGION": "europe-north1",
    "GCP_KMS_KEY": "projects/our-club/locations/europe-north1/keyRings/r/cryptoKeys/k",
    "GCP_PUSH_AUDIENCE": "autotennis",
    "GCP_PUSH_ACCOUNT": "pusher@our-club.iam.gserviceaccount.com",
    "SESSION_SECRET": hashlib.sha256(b"session").hexdigest(),
    "LINK_SECRET": hashlib.sha256(b"link").hexdigest(),
}
PREFIX = "AUTOTENNIS_"
EMULATORS = ("FIRESTORE_EMULATOR_HOST", "PUBSUB_EMULATOR_HOST")


def club_at(base_url: str) -> dict[str, str]:
    return {"AUTOTENNIS_CLUBS": json.dumps([{**CLUB, "base_url": base_url}])}


# What must not be, and what is named.
UNFIT: list[tuple[dict[str, str], str]] = [
    *(({name: "127.0.0.1:8085"}, name) for name in EMULATORS),
    ({"AUTOTENNIS_GCP_SCHEDULER_HOST": "127.0.0.1:9001"}, "AUTOTENNIS_GCP_SCHEDULER_HOST"),
    ({"AUTOTENNIS_GCP_KMS_HOST": "kms.example:9002"}, "AUTOTENNIS_GCP_KMS_HOST"),
    ({"AUTOTENNIS_GCP_PUSH_ISSUER": "http://127.0.0.1:9003"}, "AUTOTENNIS_GCP_PUSH_ISSUER"),
    ({"AUTOTENNIS_GCP_PUSH_KEYS_URL": "http://127.0.0.1:9003/certs"}, "AUTOTENNIS_GCP_PUSH_KEYS_URL"),
    *(
        (club_at(address), "AUTOTENNIS_CLUBS: club")
        for address in (
            "http://www.club.example/",
            "http://127.0.0.1:8090/",
            "https://127.0.0.1/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://[::1]/",
            "https://[::ffff:10.0.0.1]/",
            "https://169.254.169.254/",
            "https://93.184.216.34/",
            "https://localhost/",
            "https://localhost./",
            "https://practice/",
            "https://metadata.google.internal/",
            "https://metadata.google.internal./",
            "https://club.local/",
            "https://autotennis-practice-1234.europe-north1.run.app/",
            "https://practice-abc-lz.a.run.app./",
        )
    ),
]
# Of the pages, and of those that send messages.
UNFIT_PAGES: list[tuple[dict[str, str], str]] = [
    ({"AUTOTENNIS_OPEN_REGISTRATION": "true"}, "AUTOTENNIS_OPEN_REGISTRATION"),
    ({"AUTOTENNIS_PLAIN_HTTP": "true"}, "AUTOTENNIS_PLAIN_HTTP"),
    ({"AUTOTENNIS_PRIVATE_RECEIVERS": "true"}, "AUTOTENNIS_PRIVATE_RECEIVERS"),
    ({"AUTOTENNIS_SESSION_SECRET": "changeme" * 4}, "AUTOTENNIS_SESSION_SECRET can be guessed"),
    ({"AUTOTENNIS_SESSION_SECRET": "0123456789abcdef" * 2}, "AUTOTENNIS_SESSION_SECRET can be guessed"),
    ({"AUTOTENNIS_SESSION_SECRET": ""}, "AUTOTENNIS_SESSION_SECRET"),
    ({"AUTOTENNIS_LINK_SECRET": "x" * 48}, "AUTOTENNIS_LINK_SECRET can be guessed"),
    ({"AUTOTENNIS_LINK_SECRET": CLOUD["SESSION_SECRET"]}, "AUTOTENNIS_LINK_SECRET is the same as"),
    ({"AUTOTENNIS_METRICS_SECRET": "a" * 16}, "AUTOTENNIS_METRICS_SECRET can be guessed"),
    ({"AUTOTENNIS_VAPID_PRIVATE_KEY": "A" * 43}, "AUTOTENNIS_VAPID_PRIVATE_KEY can be guessed"),
]


@pytest.fixture(autouse=True)
def in_the_cloud(monkeypatch: pytest.MonkeyPatch) -> None:
    # Another test may have started emulators, and told so.
    for name in EMULATORS:
        monkeypatch.delenv(name, raising=False)
    for name, value in CLOUD.items():
        monkeypatch.setenv(PREFIX + name, value)


@pytest.mark.parametrize("service", KINDS)
def test_what_is_as_it_should_be_starts(service: Service) -> None:
    assert read_settings(KINDS[service]).backend is Backend.GCP


@pytest.mark.parametrize(("told", "named"), UNFIT)
def test_no_service_starts_with_what_is_for_trying_out(
    monkeypatch: pytest.MonkeyPatch, told: dict[str, str], named: str
) -> None:
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    for kind in {Settings, *KINDS.values()}:
        with pytest.raises(BadSettings, match=named):
            read_settings(kind)
    # What is good where nobody else is served, and the emulators are.
    monkeypatch.setenv("AUTOTENNIS_HOST", "127.0.0.1")
    assert read_settings(Settings).backend is Backend.GCP


@pytest.mark.parametrize(("told", "named"), UNFIT_PAGES)
def test_the_pages_do_not_start_with_what_is_for_one_machine(
    monkeypatch: pytest.MonkeyPatch, told: dict[str, str], named: str
) -> None:
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(BadSettings, match=named) as wrong:
        read_settings(KINDS[Service.API])
    assert not any(value and value in str(wrong.value) for name, value in told.items() if "SECRET" in name)


def test_all_that_is_wrong_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for told, _ in (UNFIT[0], UNFIT[2], UNFIT_PAGES[0]):
        for name, value in told.items():
            monkeypatch.setenv(name, value)
    with pytest.raises(BadSettings, match=r"FIRESTORE_EMULATOR_HOST.*SCHEDULER_HOST.*OPEN_REGISTRATION"):
        read_settings(KINDS[Service.API])


def test_an_installation_for_rehearsals_says_so_and_has_its_practice_club(monkeypatch: pytest.MonkeyPatch) -> None:
    """As deploy/terraform/system/rehearsal.tf tells it."""
    monkeypatch.setenv("AUTOTENNIS_GCP_PREFIX", "autotennis-rehearsal")
    practice = club_at("https://autotennis-rehearsal-practice-1234.europe-north1.run.app/")
    monkeypatch.setenv("AUTOTENNIS_CLUBS", practice["AUTOTENNIS_CLUBS"])
    for kind in KINDS.values():
        assert read_settings(kind).clubs[0].id == "club"


@pytest.mark.parametrize("name", ["plain_http", "private_receivers", "open_registration"])
def test_what_is_for_one_machine_is_marked_so_and_so_refused_by_terraform(name: str) -> None:
    found = [one for service, kind in KINDS.items() for one in described(service, kind) if one.name == name]
    assert {one.families for one in found} == {(Backend.LOCAL,)}


def test_the_secrets_that_a_deployment_makes_are_taken() -> None:
    assert not any(is_guessable(made(SystemIds()).get_secret_value()) for _ in range(1000))
