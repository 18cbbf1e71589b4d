"""The Terraform configuration: well-formed, planned as it should be, and kept to the rules of terraform_plan.py."""

import base64
import hashlib
import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from pathlib import Path
from typing import Any, Final

import pytest
from support import terraform_plan as rules
from support.terraform import BIG, HERE, ROOTS, SMALL, Terraform
from support.terraform_breaking import BROKEN, Broken
from support.terraform_plan import POLICIES, Plan, Plans, Policy, environment, only, secrets
from support.tools import needed

from autotennis.adapters.gcp.calendar import daily_sweep, frequent_sweep, rights, watch
from autotennis.adapters.gcp.jobs import RETRIES
from autotennis.adapters.gcp.pubsub import PubSub
from autotennis.adapters.gcp.setting_up import Push, SetUpOptions, wanted
from autotennis.described_settings import described
from autotennis.events import load
from autotennis.flow import Service
from autotennis.settings import Backend, read_settings
from autotennis_cloud.described import SETTINGS_OF, texts

pytestmark = needed("terraform")

# What the services are not told though it means something in the cloud, and why they need not be.
LEFT: Final[Mapping[str, str]] = {
    "AUTOTENNIS_METRICS_SECRET": "each scrape would meet another instance: Cloud Monitoring counts here",
    "AUTOTENNIS_OTLP_ENDPOINT": "for who has a collector: more_settings",
    "AUTOTENNIS_CHECKS_BEFORE_H": "its default is good: more_settings",
    "AUTOTENNIS_CHECKS_SPREAD_MIN": "its default is good: more_settings",
    "AUTOTENNIS_CHECKS_QUIET_MIN": "its default is good: more_settings",
    "AUTOTENNIS_CANARY": "its default is good: more_settings",
    "AUTOTENNIS_CLUB_LOGINS_PER_HOUR": "its default is good: more_settings",
    "AUTOTENNIS_CLUB_LOGINS_PER_ADDRESS": "its default is good: more_settings",
    "AUTOTENNIS_SERVICES": "the pages cannot reach the others, which are reached from inside alone",
    "AUTOTENNIS_GCP_PUSH_ISSUER": "Google's own",
    "AUTOTENNIS_GCP_PUSH_KEYS_URL": "Google's own",
    "AUTOTENNIS_GCP_SCHEDULER_HOST": "Google's own",
    "AUTOTENNIS_GCP_KMS_HOST": "Google's own",
}
NOT_TOLD_TO_ALL: Final = {(Service.API, "AUTOTENNIS_VAPID_PRIVATE_KEY"): "the pages are told the public one"}
# Values such as whoever deploys gives them, of the right form.
GIVEN: Final[Mapping[str, str]] = {
    "AUTOTENNIS_SESSION_SECRET": hashlib.sha256(b"session").hexdigest(),
    "AUTOTENNIS_LINK_SECRET": hashlib.sha256(b"link").hexdigest(),
    "AUTOTENNIS_SMTP_URL": "smtps://somebody:something@mail.example.org:465",
    "AUTOTENNIS_VAPID_PRIVATE_KEY": hashlib.sha256(b"key").hexdigest()[:43],
    "AUTOTENNIS_DEADMAN_URL": "https://ping.example.org/something",
}


@pytest.fixture(scope="module")
def terraform(tmp_path_factory: pytest.TempPathFactory) -> Terraform:
    copy = Terraform(tmp_path_factory.mktemp("terraform"))
    copy.begin()
    return copy


@pytest.fixture(scope="module")
def planned(terraform: Terraform) -> Mapping[str, Plans]:
    """An installation about which as little as may be is said, and one about which as much as may be is."""

    def both(root: str) -> list[Plan]:
        return [terraform.plan(root, said) for said in (SMALL, BIG)]

    with ThreadPoolExecutor(len(ROOTS)) as pool:
        foundation, system = pool.map(both, ROOTS)
    return {"small": Plans(foundation[0], system[0]), "big": Plans(foundation[1], system[1])}


@pytest.fixture(params=["small", "big"])
def plans(planned: Mapping[str, Plans], request: pytest.FixtureRequest) -> Plans:
    return planned[request.param]


def test_it_is_formatted(terraform: Terraform):
    """`terraform fmt -recursive deploy/terraform` mends it."""
    terraform.run(".", "fmt", "-check", "-recursive", "-no-color")


@pytest.mark.parametrize("root", ROOTS)
def test_it_is_valid(terraform: Terraform, root: str):
    terraform.run(root, "validate", "-no-color")


@pytest.mark.parametrize("root", ROOTS)
def test_its_own_tests_pass(terraform: Terraform, root: str):
    assert "0 failed" in terraform.run(root, "test", "-no-color")


def test_what_it_reads_of_the_code_is_up_to_date():
    """`make schemas` renews it."""
    for name, text in texts().items():
        assert (HERE / "generated" / name).read_text() == text


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.__name__)
def test_the_plan_keeps_the_rule(plans: Plans, policy: Policy):
    assert list(policy(plans)) == []


def test_an_idle_installation_costs_nothing(planned: Mapping[str, Plans]):
    assert list(rules.idle_costs_nothing(planned["small"])) == []
    assert list(rules.idle_costs_nothing(planned["big"])) == ["api always runs", "booker always runs"]


# Topics and subscriptions.


def test_topics_and_subscriptions_are_as_the_program_itself_makes_them(plans: Plans):
    """Field by field what `set_up` asks Pub/Sub for."""
    account, audience = pushing(plans)
    options = SetUpOptions(push=Push(addresses(plans), account, audience))
    asked = wanted(PubSub("our-club-123456"), plans.prefix, options)
    assert {one["name"] for one in plans.system.all("google_pubsub_topic").values()} == asked.topics
    made = plans.system.all("google_pubsub_subscription").values()
    assert {one["name"]: (one["topic"], as_asked(one)) for one in made} == asked.subscriptions


def pushing(plans: Plans) -> tuple[str, str]:
    told = environment(plans.services[Service.TIMER])
    return told["AUTOTENNIS_GCP_PUSH_ACCOUNT"], told["AUTOTENNIS_GCP_PUSH_AUDIENCE"]


def addresses(plans: Plans) -> Mapping[Service, str]:
    said = plans.system.shown["planned_values"]["outputs"]["addresses"]["value"]
    return {Service(name): address for name, address in said.items()}


def as_asked(made: Mapping[str, Any]) -> dict[str, Any]:
    """A planned subscription in the words of Pub/Sub's own API."""
    asked: dict[str, Any] = {"ack_deadline_seconds": made["ack_deadline_seconds"]}
    if made["message_retention_duration"]:
        asked["message_retention_duration"] = duration(made["message_retention_duration"])
    if given_up := only(made["dead_letter_policy"]):
        asked["dead_letter_policy"] = dict(given_up)
    if again := only(made["retry_policy"]):
        asked["retry_policy"] = {name: duration(text) for name, text in again.items()}
    if push := only(made["push_config"]):
        token = only(push["oidc_token"])
        asked["push_config"] = {"push_endpoint": push["push_endpoint"], "oidc_token": dict(token)}
    # No time to live means never.
    if made["expiration_policy"] == [{"ttl": ""}]:
        asked["expiration_policy"] = {}
    others = ("filter", "enable_message_ordering", "enable_exactly_once_delivery", "bigquery_config")
    return asked | {name: made[name] for name in others if made[name]}


def duration(text: str) -> Mapping[str, int]:
    return {"seconds": int(text.removesuffix("s")), "nanos": 0}


# Jobs.


def test_standing_jobs_are_as_the_program_itself_makes_them(plans: Plans):
    made = plans.system.named("google_cloud_scheduler_job", "standing")
    club_ids = [name.removeprefix("watch-") for name in made if name.startswith("watch-")]
    at = load(base64.b64decode(only(made["sweep"]["pubsub_target"])["data"])).at
    standing = [daily_sweep(plans.prefix, at), frequent_sweep(plans.prefix, at)]
    standing += [watch(plans.prefix, club_id, at) for club_id in club_ids]
    found = {one["name"]: one for one in made.values()}
    for job in standing:
        one = found.pop(job.id)
        target = only(one["pubsub_target"])
        assert (one["schedule"], one["time_zone"]) == (job.schedule, "UTC")
        assert target["topic_name"] == f"projects/our-club-123456/topics/{job.topic}"
        assert (base64.b64decode(target["data"]), target["attributes"]) == (job.data, job.attributes)
        again = only(one["retry_config"])
        assert again["retry_count"] == RETRIES["retry_count"]
        assert duration(again["min_backoff_duration"])["seconds"] == RETRIES["min_backoff_duration"]["seconds"]
        assert duration(again["max_backoff_duration"])["seconds"] == RETRIES["max_backoff_duration"]["seconds"]
    assert not found


def test_each_club_has_a_watch(planned: Mapping[str, Plans]):
    def watches(plans: Plans) -> set[str]:
        return {name for name in plans.system.named("google_cloud_scheduler_job", "standing") if "watch" in name}

    assert watches(planned["small"]) == {"watch-ntnui-tennis"}
    assert watches(planned["big"]) == {"watch-ntnui-tennis", "watch-other_club"}


def test_each_service_may_do_with_jobs_what_it_asks_of_them(plans: Plans):
    roles = {
        one["role_id"]: set(one["permissions"]) for one in plans.system.all("google_project_iam_custom_role").values()
    }
    given = {
        one["member"].partition(":")[2].partition("@")[0]: roles[one["role"].rpartition("/")[2]]
        for one in plans.system.named("google_project_iam_member", "jobs").values()
    }
    assert given == {f"{plans.prefix}-{service}": rights(service) for service in Service}


@pytest.mark.parametrize("service", list(Service))
def test_who_opens_or_seals_members_secrets_may_use_the_key_and_nobody_else(plans: Plans, service: Service):
    sources = (file.read_text() for file in (HERE.parents[1] / "services" / service / "src").rglob("*.py"))
    opens = any("vault" in text or "member_secrets" in text for text in sources)
    granted = plans.system.all("google_kms_crypto_key_iam_binding")["vault"]["members"]
    assert opens == any(f":{plans.prefix}-{service}@" in member for member in granted)


# What the services are told.


@pytest.mark.parametrize("service", list(Service))
def test_each_service_is_told_what_it_has_settings_for(plans: Plans, service: Service):
    one = plans.services[service]
    settings = described(service, SETTINGS_OF[service])
    told = {*environment(one), *secrets(one)}
    assert told <= {setting.variable for setting in settings if Backend.GCP in setting.families}
    assert {setting.variable for setting in settings if setting.is_required} <= told
    secret = {setting.variable for setting in settings if setting.is_secret}
    assert not environment(one).keys() & secret, "a secret is told in the clear"
    assert secrets(one).keys() <= secret


@pytest.mark.parametrize("service", list(Service))
def test_each_service_starts_with_what_it_is_told(plans: Plans, service: Service, monkeypatch: pytest.MonkeyPatch):
    one = plans.services[service]
    told = {**environment(one), **{name: GIVEN[name] for name in secrets(one)}}
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    settings = read_settings(SETTINGS_OF[service])
    assert settings.host == "0.0.0.0"  # noqa: S104 (in a container)
    assert settings.port == only(rules.container(one)["ports"])["container_port"]
    assert settings.backend is Backend.GCP


def test_whatever_a_service_is_not_told_is_left_on_purpose(planned: Mapping[str, Plans]):
    """A new setting is told to its services in environment.tf, or listed in LEFT with the reason."""
    for service, one in planned["big"].services.items():
        told = {*environment(one), *secrets(one)} | {name for who, name in NOT_TOLD_TO_ALL if who is service}
        meant = {one.variable for one in described(service, SETTINGS_OF[service]) if Backend.GCP in one.families}
        assert meant - told - LEFT.keys() == set(), service


def test_nothing_is_listed_as_left_that_no_service_has():
    known = {one.variable for service, kind in SETTINGS_OF.items() for one in described(service, kind)}
    assert LEFT.keys() <= known


# The foundation.


def test_the_database_has_the_indexes_and_the_times_to_live_of_the_file(plans: Plans):
    file = json.loads((HERE / "foundation/firestore.indexes.json").read_text())
    made = plans.foundation.all("google_firestore_index").values()
    assert sorted((one["collection"], ordered(one["fields"], "field_path")) for one in made) == sorted(
        (one["collectionGroup"], ordered(one["fields"], "fieldPath")) for one in file["indexes"]
    )
    fields = plans.foundation.all("google_firestore_field").values()
    assert {(one["collection"], one["field"], bool(one["ttl_config"])) for one in fields} == {
        (one["collectionGroup"], one["fieldPath"], one.get("ttl", False)) for one in file["fieldOverrides"]
    }
    assert all(one["index_config"] == [{"indexes": []}] for one in fields)


def ordered(fields: list[Mapping[str, Any]], name: str) -> tuple[tuple[str, str], ...]:
    return tuple((field[name], field["order"]) for field in fields)


# Each rule is seen to fail.


def test_wrong_settings_are_refused_with_what_to_mend(terraform: Terraform):
    said = terraform.refused("system", {**SMALL, "prefix": "Autotennis", "images": {"api": "api:latest"}})
    assert "prefix has to have 3 to 21 lower-case letters" in said
    assert "images has to name the image of each of api, booker, notifier, timer and waitlist by its digest" in said


@pytest.mark.parametrize("case", BROKEN, ids=lambda case: case.said)
def test_what_breaks_a_rule_is_told(planned: Mapping[str, Plans], case: Broken):
    complaints = list(case.policy(case.broken(planned["small"])))
    assert any(case.said in one for one in complaints), complaints


def test_each_rule_is_seen_to_notice_something():
    apart = {rules.nothing_is_secret}
    assert {*POLICIES, rules.idle_costs_nothing} == {case.policy for case in BROKEN} | apart


def test_a_secret_kept_in_the_state_is_told(planned: Mapping[str, Plans]):
    kept: dict[str, Any] = {"address": "some.version", "type": "google_secret_manager_secret_version", "values": {}}
    both = deepcopy(planned["small"])
    both.system.shown["planned_values"]["root_module"]["resources"].append(kept)
    assert list(rules.nothing_is_secret(both)) == ["some.version keeps a secret in the state"]


def test_a_service_that_would_be_told_of_a_setting_it_has_not_is_refused(terraform: Terraform, tmp_path: Path):
    """By Terraform itself, before anything is made."""
    copy = Terraform(tmp_path)
    copy.begin("system")
    file = copy.where / "system/environment.tf"
    file.write_text(file.read_text().replace("AUTOTENNIS_CONTACT ", "AUTOTENNIS_CONTACTS "))
    assert "has no such setting in the cloud: AUTOTENNIS_CONTACTS" in copy.refused("system", SMALL)
