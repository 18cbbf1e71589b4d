"""An installation for rehearsals in the Terraform configuration. That no other has a practice club is a rule of all."""

import json
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import Any, Final

import pytest
from support import terraform_plan as rules
from support.terraform import BIG, DIGEST, IMAGES, ROOTS, SMALL, Terraform
from support.terraform_plan import Plan, Plans, container, environment, only, secrets
from support.tools import needed

from autotennis.flow import Service
from autotennis.settings import read_settings
from autotennis_api.settings import ApiSettings
from autotennis_local.evening.command import LET_MANY_IN
from autotennis_local.system import CONTROL_TOKEN

pytestmark = needed("terraform")

PRACTICE_IMAGE: Final = f"europe-north1-docker.pkg.dev/our-club-123456/autotennis-rehearsal/practice@{DIGEST}"
REHEARSAL: Final[dict[str, Any]] = {
    **SMALL,
    "prefix": "autotennis-rehearsal",
    "database": "autotennis-rehearsal",
    "images": {name: image.replace("/autotennis/", "/autotennis-rehearsal/") for name, image in IMAGES.items()},
    "rehearsal": True,
    "practice_image": PRACTICE_IMAGE,
}


@pytest.fixture(scope="module")
def terraform(tmp_path_factory: pytest.TempPathFactory) -> Terraform:
    copy = Terraform(tmp_path_factory.mktemp("terraform"))
    copy.begin()
    return copy


@pytest.fixture(scope="module")
def plans(terraform: Terraform) -> Plans:
    def planned(root: str) -> Plan:
        return terraform.plan(root, REHEARSAL)

    with ThreadPoolExecutor(len(ROOTS)) as pool:
        return Plans(*pool.map(planned, ROOTS))


@pytest.mark.parametrize(
    ("root", "wrong", "words"),
    [
        ("foundation", {"prefix": "autotennis"}, ["an installation of its own"]),
        (
            "system",
            {"prefix": "autotennis", "clubs": BIG["clubs"]},
            ["an installation of its own", "leave clubs empty"],
        ),
        ("system", {"rehearsal": False}, ["to be empty elsewhere"]),
    ],
)
def test_what_would_mix_the_two_is_refused(
    terraform: Terraform, root: str, wrong: dict[str, Any], words: list[str]
) -> None:
    refusal = terraform.refused(root, {**REHEARSAL, **wrong})
    for one in words:
        assert one in refusal


def practice(plans: Plans) -> rules.Values:
    (club,) = [
        one["values"]
        for one in plans.system.resources
        if (one["type"], one["name"]) == ("google_cloud_run_v2_service", "practice")
    ]
    return club


def test_there_is_exactly_one_instance_of_the_practice_club(plans: Plans) -> None:
    club = practice(plans)
    scaling = only(only(club["template"])["scaling"])
    assert (scaling["min_instance_count"], scaling["max_instance_count"]) == (1, 1)
    assert only(container(club)["resources"])["cpu_idle"] is False
    assert container(club)["image"] == PRACTICE_IMAGE


def test_its_control_token_comes_from_a_secret_that_only_it_may_read(plans: Plans) -> None:
    club, name = practice(plans), "autotennis-rehearsal-practice-control-token"
    assert secrets(club) == {CONTROL_TOKEN: name}
    assert environment(club) == {}
    there = {one["secret_id"] for one in plans.foundation.all("google_secret_manager_secret").values()}
    assert name in there
    account = only(club["template"])["service_account"]
    made = {one["account_id"] for one in plans.foundation.all("google_service_account").values()}
    assert account.partition("@")[0] in made
    granted = [one["values"] for one in plans.resources if f"serviceAccount:{account}" in rules.members(one["values"])]
    assert [(one["secret_id"].rpartition("/")[2], one["role"]) for one in granted] == [
        (name, "roles/secretmanager.secretAccessor")
    ]


@pytest.mark.parametrize("service", list(Service))
def test_every_service_knows_that_club_and_no_other(plans: Plans, service: Service) -> None:
    (club,) = json.loads(environment(plans.services[service])["AUTOTENNIS_CLUBS"])
    assert club["id"] == "practice-club"
    assert club["base_url"].startswith(f"https://{practice(plans)['name']}-")
    jobs = [one["name"] for one in plans.system.all("google_cloud_scheduler_job").values()]
    assert "autotennis-rehearsal-watch-practice-club" in jobs


def test_the_pages_take_it_and_let_everybody_of_a_rehearsal_in(plans: Plans, monkeypatch: pytest.MonkeyPatch) -> None:
    told = environment(plans.services[Service.API])
    assert LET_MANY_IN.items() <= told.items()
    kept = {name: sha256(name.encode()).hexdigest() for name in secrets(plans.services[Service.API])}
    for name, value in {**told, **kept}.items():
        monkeypatch.setenv(name, value)
    (club,) = read_settings(ApiSettings).clubs
    assert club.watch.every_s == 5


@pytest.mark.parametrize(
    "policy",
    [policy for policy in rules.POLICIES if policy not in {rules.nothing_is_rehearsed, rules.secrets_have_readers}],
    ids=lambda policy: policy.__name__,
)
def test_for_the_rest_it_keeps_the_rules_of_all(plans: Plans, policy: rules.Policy) -> None:
    assert list(policy(plans)) == []
