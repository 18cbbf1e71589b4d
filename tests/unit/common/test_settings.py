"""Settings are checked when they are read, and a mistake is named."""

import pytest

from autotennis.domain.club import NTNUI_TENNIS
from autotennis.errors import BadSettings
from autotennis.settings import Backend, Settings, read_settings


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOTENNIS_PUSH_SECRET", "a-secret-of-some-length")


def test_the_defaults_are_the_real_club_on_this_machine() -> None:
    settings = read_settings(Settings)
    assert settings.clubs == (NTNUI_TENNIS,)
    assert settings.host == "127.0.0.1"
    assert "a-secret" not in repr(settings)


@pytest.mark.parametrize(
    ("name", "value", "named"),
    [
        ("PUSH_SECRET", "short", "AUTOTENNIS_PUSH_SECRET"),
        ("PORT", "70000", "AUTOTENNIS_PORT"),
        ("LOG_LEVEL", "LOUD", "AUTOTENNIS_LOG_LEVEL"),
        ("BACKEND", "abacus", "AUTOTENNIS_BACKEND"),
        ("CLUBS", "[]", "at least one club"),
        ("CLUBS", "not JSON", "AUTOTENNIS_CLUBS: its value is not JSON"),
        ("CLUBS", '[{"id": "c", "name": "C", "base_url": "nowhere"}]', "AUTOTENNIS_CLUBS"),
        ("CLUBS", '[{"id": "c", "name": "C", "base_url": "https://c.no", "zone_name": "Mars/North"}]', "Europe/Oslo"),
        ("CONTACT", "line\nbreak", "AUTOTENNIS_CONTACT"),
        ("PUSH_SECRET", "", "AUTOTENNIS_PUSH_SECRET"),
        ("BACKEND", "gcp", "AUTOTENNIS_GCP_PROJECT, AUTOTENNIS_GCP_REGION, AUTOTENNIS_GCP_KMS_KEY"),
        ("GCP_PROJECT", "Not A Project", "AUTOTENNIS_GCP_PROJECT"),
        ("GCP_KMS_KEY", "the-key-itself", "AUTOTENNIS_GCP_KMS_KEY"),
        ("OTLP_ENDPOINT", "collector", "AUTOTENNIS_OTLP_ENDPOINT"),
    ],
)
def test_a_mistake_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str, named: str) -> None:
    monkeypatch.setenv(f"AUTOTENNIS_{name}", value)
    with pytest.raises(BadSettings, match=named):
        read_settings(Settings)


def test_the_user_agent_is_honest(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_settings(Settings).user_agent == "Autotennis/0.1"
    monkeypatch.setenv("AUTOTENNIS_CONTACT", "mailto:ola@example.org")
    assert read_settings(Settings).user_agent == "Autotennis/0.1 (mailto:ola@example.org)"


def test_the_cloud_needs_no_secret_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AUTOTENNIS_PUSH_SECRET")
    given = {
        "gcp_project": "our-club",
        "gcp_region": "europe-north1",
        "gcp_kms_key": "projects/our-club/locations/europe-north1/keyRings/r/cryptoKeys/k",
        "gcp_push_audience": "https://booker.example.org",
        "gcp_push_account": "pusher@our-club.iam.gserviceaccount.com",
    }
    assert read_settings(Settings, backend="gcp", **given).backend is Backend.GCP
    with pytest.raises(BadSettings, match="AUTOTENNIS_INSTANCE"):
        read_settings(Settings, backend="gcp", instance="booker", **given)
