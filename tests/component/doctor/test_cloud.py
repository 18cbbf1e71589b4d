"""An installation on Google Cloud, looked through on the emulators: what is missing or wrong is named."""

from collections.abc import Generator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from support.api_site import ClubBeside, club_beside
from support.doctor import Doctor, worst
from support.emulators import fresh_project, need_emulators

from autotennis.adapters.gcp.pubsub import PubSub
from autotennis.adapters.gcp.setting_up import Push, SetUpOptions, set_up
from autotennis.flow import CONSUMING
from autotennis.settings import Settings, read_settings
from autotennis.wiring import place_of
from autotennis_local.doctor.finding import Level
from google_stand_ins.kms import running_kms
from google_stand_ins.scheduler import running_scheduler

ACCOUNT = "pusher@tennis-example.iam.gserviceaccount.com"
REGION = "europe-north1"


@pytest.fixture(scope="module")
def club() -> Generator[ClubBeside]:
    with club_beside(empty=False) as club:
        yield club


@contextmanager
def installation(doctor: Doctor, account: str = ACCOUNT) -> Generator[PubSub]:
    """One that is pushed to with the tokens of this account, as the doctor is told of it; gives its Pub/Sub."""
    engines, project = need_emulators(), fresh_project()
    key = f"projects/{project}/locations/{REGION}/keyRings/autotennis/cryptoKeys/vault"
    with running_scheduler(engines.pubsub_host) as scheduler, running_kms([key]) as kms:
        doctor.tell(
            {
                "BACKEND": "gcp",
                "GCP_PROJECT": project,
                "GCP_REGION": REGION,
                "GCP_KMS_KEY": key,
                "GCP_PUSH_AUDIENCE": "autotennis",
                "GCP_PUSH_ACCOUNT": ACCOUNT,
                "GCP_SCHEDULER_HOST": scheduler,
                "GCP_KMS_HOST": kms,
            }
        )
        endpoints = {service: f"https://{service.value}.run.example" for service in CONSUMING}
        push = Push(endpoints, account=account, audience="autotennis")
        set_up(place_of(read_settings(Settings)), SetUpOptions(push=push, dead_letters_kept=timedelta(days=7)))
        with closing(PubSub(project)) as pubsub:
            yield pubsub


@pytest.fixture
def doctor(monkeypatch: pytest.MonkeyPatch, club: ClubBeside) -> Doctor:
    return Doctor(monkeypatch, club)


def test_what_is_missing_is_named_and_all_else_is_well(doctor: Doctor, tmp_path: Path) -> None:
    with installation(doctor) as pubsub:
        found = doctor.looks(tmp_path, is_cloud=True)
        assert {about: worst(found[about]).level for about in ("topics", "key", "scheduler", "database", "outbox")} == (
            dict.fromkeys(("topics", "key", "scheduler", "database", "outbox"), Level.FINE)
        ), found
        assert worst(found["dead letters"]).level is Level.FINE
        pubsub.delete_subscription("autotennis-RaceDue-booker")
        finding = worst(doctor.looks(tmp_path, is_cloud=True)["topics"])
    assert finding.level is Level.BROKEN
    assert "1 subscriptions are missing: autotennis-RaceDue-booker" in finding.said
    assert "Terraform" in finding.advice


def test_who_pushes_with_another_account_and_a_key_that_is_not_there_are_found(doctor: Doctor, tmp_path: Path) -> None:
    with installation(doctor, account="stranger@tennis-example.iam.gserviceaccount.com"):
        doctor.tell({"GCP_KMS_KEY": f"projects/p/locations/{REGION}/keyRings/r/cryptoKeys/another"})
        found = doctor.looks(tmp_path, is_cloud=True)
    assert "another account or audience than the services let in" in worst(found["topics"]).said
    assert worst(found["key"]).level is Level.BROKEN
    assert "Cloud KMS knows no key" in worst(found["key"]).said
