"""Plans that break a rule of terraform_plan.py, each in one place: so that each rule is seen to notice."""

import base64
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final

from support import terraform_plan as rules
from support.terraform_plan import Plans, Policy

_SERVICE: Final = "google_cloud_run_v2_service"
_SUBSCRIPTION: Final = "google_pubsub_subscription"
_PUBLISHER: Final = "google_pubsub_topic_iam_binding"
_JOB: Final = "google_cloud_scheduler_job"
_GRANT: Final = "google_project_iam_member"
_STRANGER: Final = "serviceAccount:autotennis-api@our-club-123456.iam.gserviceaccount.com"


@dataclass(frozen=True, slots=True)
class Broken:
    """A rule, what it is to say, and what has gone wrong: a change of one resource's values."""

    policy: Policy
    said: str
    kind: str
    key: str
    change: Callable[[dict[str, Any]], object]

    def broken(self, plans: Plans) -> Plans:
        """The plans after that. `key` is the resource's name, or its key where there are several of its name."""
        both = deepcopy(plans)
        found = [
            one for one in both.resources if one["type"] == self.kind and self.key in {one["name"], one.get("index")}
        ]
        self.change(found[0]["values"])
        return both


def _set(**values: Any) -> Callable[[dict[str, Any]], object]:
    return lambda it: it.update(values)


def _in_template(**values: Any) -> Callable[[dict[str, Any]], object]:
    return lambda it: it["template"][0].update(values)


def _without_token(subscription: dict[str, Any]) -> None:
    subscription["push_config"][0]["oidc_token"].clear()


def _never_given_up(subscription: dict[str, Any]) -> None:
    subscription["dead_letter_policy"][0]["max_delivery_attempts"] = 0


def _pushed_elsewhere(subscription: dict[str, Any]) -> None:
    subscription["push_config"][0]["push_endpoint"] = "https://example.org/events"


def _another_audience(service: dict[str, Any]) -> None:
    told = service["template"][0]["containers"][0]["env"]
    next(one for one in told if one["name"] == "AUTOTENNIS_GCP_PUSH_AUDIENCE")["value"] = "else"


def _without_digest(service: dict[str, Any]) -> None:
    service["template"][0]["containers"][0]["image"] = "api:latest"


def _another_topic(job: dict[str, Any]) -> None:
    job["pubsub_target"][0]["topic_name"] = "projects/our-club-123456/topics/else"


def _no_event(job: dict[str, Any]) -> None:
    job["pubsub_target"][0]["data"] = base64.b64encode(b"{}").decode()


def _always_running(service: dict[str, Any]) -> None:
    service["template"][0]["scaling"][0]["min_instance_count"] = 1


def _with(member: str) -> Callable[[dict[str, Any]], object]:
    return lambda it: it["members"].append(member)


BROKEN: Final[Sequence[Broken]] = (
    Broken(rules.pushes_are_guarded, "shows no token", _SUBSCRIPTION, "RaceDue-booker", _without_token),
    Broken(rules.pushes_are_guarded, "is tried again at once", _SUBSCRIPTION, "RaceDue-booker", _set(retry_policy=[])),
    Broken(rules.pushes_are_guarded, "is never given up", _SUBSCRIPTION, "RaceDue-booker", _never_given_up),
    Broken(rules.pushes_are_guarded, "away by itself", _SUBSCRIPTION, "RaceDue-booker", _set(expiration_policy=[])),
    Broken(rules.pushes_are_guarded, "gives up into nothing", _SUBSCRIPTION, "booker", _set(topic="else")),
    Broken(rules.pushes_reach_their_services, "elsewhere", _SUBSCRIPTION, "RaceDue-booker", _pushed_elsewhere),
    Broken(rules.pushes_reach_their_services, "for another audience", _SERVICE, "booker", _another_audience),
    Broken(
        rules.only_the_pages_are_public,
        "booker has the ingress",
        _SERVICE,
        "booker",
        _set(ingress="INGRESS_TRAFFIC_ALL"),
    ),
    Broken(rules.only_the_pages_are_public, "to everybody", _PUBLISHER, "RaceDue", _with("allUsers")),
    Broken(
        rules.only_the_pages_are_public,
        "may be made public",
        "google_storage_bucket",
        "sources",
        _set(public_access_prevention="inherited"),
    ),
    Broken(rules.images_are_settled, "without a digest", _SERVICE, "api", _without_digest),
    Broken(rules.rights_are_narrow, "every database of the project", _GRANT, "store", _set(condition=[])),
    Broken(
        rules.rights_are_narrow,
        "gives roles/cloudscheduler.admin",
        _GRANT,
        "jobs",
        _set(role="roles/cloudscheduler.admin"),
    ),
    Broken(rules.rights_are_narrow, "over the whole project", _GRANT, "jobs", _set(role="roles/pubsub.publisher")),
    Broken(
        rules.rights_equal_the_flow,
        "RaceDue may be published by ['api', 'timer'], and the flow says ['timer']",
        _PUBLISHER,
        "RaceDue",
        _with(_STRANGER),
    ),
    Broken(rules.rights_equal_the_flow, "Booked may be published by []", _PUBLISHER, "Booked", _set(members=[])),
    Broken(
        rules.refusals_are_given_up,
        "nothing is moved out of autotennis-RaceDue-booker",
        "google_pubsub_subscription_iam_binding",
        "RaceDue-booker",
        _set(members=[]),
    ),
    Broken(rules.refusals_are_given_up, "into autotennis-dead-letters-booker", _PUBLISHER, "booker", _set(members=[])),
    Broken(rules.jobs_have_targets, "else, which is not there", _JOB, "sweep", _another_topic),
    Broken(rules.jobs_have_targets, "publishes no event", _JOB, "sweep", _no_event),
    Broken(rules.timeouts_fit, "booker is cut off after 300 s", _SERVICE, "booker", _in_template(timeout="300s")),
    Broken(rules.timeouts_fit, "waits 60 s", _SUBSCRIPTION, "RaceDue-booker", _set(ack_deadline_seconds=60)),
    Broken(
        rules.secrets_have_readers,
        "is told autotennis-link-secret and may not read it",
        "google_secret_manager_secret_iam_binding",
        "link-secret",
        _set(members=[]),
    ),
    Broken(
        rules.secrets_have_readers,
        "autotennis-link-secret is not there",
        "google_secret_manager_secret",
        "link-secret",
        _set(secret_id="else"),
    ),
    Broken(
        rules.accounts_are_there, "is nobody's account", "google_service_account", "pusher", _set(account_id="else")
    ),
    Broken(
        rules.data_is_guarded, "can be deleted", "google_firestore_database", "this", _set(deletion_policy="DELETE")
    ),
    Broken(
        rules.data_is_guarded,
        "cannot be set back",
        "google_firestore_database",
        "this",
        _set(point_in_time_recovery_enablement="POINT_IN_TIME_RECOVERY_DISABLED"),
    ),
    Broken(
        rules.nothing_is_rehearsed,
        "knows a practice club",
        "google_service_account",
        "pusher",
        _set(account_id="autotennis-practice"),
    ),
    Broken(rules.idle_costs_nothing, "timer always runs", _SERVICE, "timer", _always_running),
)
