"""What Terraform would make, and rules that it must keep: functions from plans to complaints, none if all is well."""

import base64
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from autotennis.errors import BadEvent
from autotennis.events import load
from autotennis.flow import ACK_DEADLINE_S, Service, publishes

_EVERYBODY: Final = {"allUsers", "allAuthenticatedUsers"}
_BY_DIGEST: Final = re.compile(r"@sha256:[0-9a-f]{64}$")
_ACCOUNT: Final = re.compile(r"([a-z0-9-]+)@[a-z0-9-]+\.iam\.gserviceaccount\.com$")
# What may be given on the project as a whole. Roles of our own are looked at apart.
_ON_THE_PROJECT: Final = {"roles/datastore.user", "roles/logging.logWriter"}
_PUBLISHER: Final = "roles/pubsub.publisher"
_READER: Final = "roles/secretmanager.secretAccessor"
# Pub/Sub's own limits.
_ATTEMPTS: Final = range(5, 101)

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Plan:
    """What one root would make: `terraform show -json` of its plan."""

    shown: Values

    @property
    def resources(self) -> Sequence[Values]:
        """All that would be made, each with `address`, `type`, `index` and `values`."""
        found: Sequence[Values] = self.shown["planned_values"]["root_module"].get("resources", [])
        return found

    def all(self, kind: str) -> Mapping[str, Values]:
        """What is made of one type, by the part of its address after that."""
        return {one["address"].removeprefix(f"{kind}."): one["values"] for one in self.resources if one["type"] == kind}

    def named(self, kind: str, name: str) -> Mapping[str, Values]:
        """What is made of one type under one name with `for_each`, by its key there."""
        return {
            str(one["index"]): one["values"] for one in self.resources if (one["type"], one["name"]) == (kind, name)
        }


@dataclass(frozen=True, slots=True)
class Plans:
    """An installation: its two roots."""

    foundation: Plan
    system: Plan

    @property
    def resources(self) -> Sequence[Values]:
        """All that would be made."""
        return (*self.foundation.resources, *self.system.resources)

    @property
    def services(self) -> Mapping[Service, Values]:
        """The services on Cloud Run."""
        found = self.system.named("google_cloud_run_v2_service", "this")
        return {Service(name): values for name, values in found.items()}

    @property
    def prefix(self) -> str:
        """What all names begin with."""
        return str(self.system.shown["variables"]["prefix"]["value"])


Policy = Callable[[Plans], Iterable[str]]


def only(block: Sequence[Values]) -> Values:
    """The one block of its kind; empty if there is none."""
    return block[0] if block else {}


def container(service: Values) -> Values:
    """The one container of a service."""
    return only(only(service["template"])["containers"])


def environment(service: Values) -> Mapping[str, str]:
    """What a service is told in the clear."""
    return {one["name"]: one["value"] for one in container(service)["env"] if not one["value_source"]}


def secrets(service: Values) -> Mapping[str, str]:
    """The secrets that a service is told, by variable."""
    sources = {one["name"]: only(one["value_source"]) for one in container(service)["env"] if one["value_source"]}
    return {name: only(source["secret_key_ref"])["secret"] for name, source in sources.items()}


def pushes_are_guarded(plans: Plans) -> Iterable[str]:
    """Every push subscription shows a token, tries again, gives up in the end, and never goes away by itself."""
    topics = {topic["name"] for topic in plans.system.all("google_pubsub_topic").values()}
    kept = {one["topic"] for one in plans.system.all("google_pubsub_subscription").values() if not one["push_config"]}
    pushed = plans.system.named("google_pubsub_subscription", "push")
    if not pushed:
        yield "nothing is pushed"
    for name, one in pushed.items():
        token = only(only(one["push_config"]).get("oidc_token", []))
        if not (token.get("service_account_email") and token.get("audience")):
            yield f"{name} shows no token"
        if not only(one["retry_policy"]).get("minimum_backoff"):
            yield f"{name} is tried again at once"
        given_up = only(one["dead_letter_policy"])
        if given_up.get("max_delivery_attempts") not in _ATTEMPTS:
            yield f"{name} is never given up"
        grave = given_up.get("dead_letter_topic", "").rpartition("/")[2]
        if grave not in topics & kept:
            yield f"{name} gives up into nothing"
        if one["expiration_policy"] != [{"ttl": ""}]:
            yield f"{name} goes away by itself"


def pushes_reach_their_services(plans: Plans) -> Iterable[str]:
    """Each pushes to `/events` of the service that it is of, with a token that this service admits."""
    for name, one in plans.system.named("google_pubsub_subscription", "push").items():
        told = environment(plans.services[Service(name.rpartition("-")[2])])
        push = only(one["push_config"])
        token = only(push.get("oidc_token", []))
        host = f"https://{plans.prefix}-{name.rpartition('-')[2]}-"
        if not (push.get("push_endpoint", "").startswith(host) and push["push_endpoint"].endswith(".run.app/events")):
            yield f"{name} pushes elsewhere"
        if token.get("audience") != told["AUTOTENNIS_GCP_PUSH_AUDIENCE"]:
            yield f"{name} shows tokens for another audience"
        if token.get("service_account_email") != told["AUTOTENNIS_GCP_PUSH_ACCOUNT"]:
            yield f"{name} shows tokens of another account"


def only_the_pages_are_public(plans: Plans) -> Iterable[str]:
    """Nothing but api can be reached from outside, and nothing is granted to everybody."""
    for service, one in plans.services.items():
        wanted = "INGRESS_TRAFFIC_ALL" if service is Service.API else "INGRESS_TRAFFIC_INTERNAL_ONLY"
        if one["ingress"] != wanted:
            yield f"{service} has the ingress {one['ingress']}"
    for one in plans.resources:
        if _EVERYBODY & {*members(one["values"])}:
            yield f"{one['address']} grants to everybody"
    for name, bucket in plans.foundation.all("google_storage_bucket").items():
        if bucket["public_access_prevention"] != "enforced":
            yield f"the bucket {name} may be made public"


def members(values: Values) -> Iterable[str]:
    """To whom this grants anything."""
    return (*values.get("members", ()), *filter(None, [values.get("member")]))


def images_are_settled(plans: Plans) -> Iterable[str]:
    """Images are named by their digests, so what was tried is what runs."""
    for service, one in plans.services.items():
        if not _BY_DIGEST.search(container(one)["image"]):
            yield f"{service} runs an image without a digest"


def rights_are_narrow(plans: Plans) -> Iterable[str]:
    """No role over the whole project but those that have to be, and these held to this installation."""
    for one in plans.resources:
        role = one["values"].get("role") or ""
        if re.search(r"roles/(owner|editor|viewer)$|[aA]dmin$", role):
            yield f"{one['address']} gives {role}"
        if one["type"] != "google_project_iam_member" or re.fullmatch(r"projects/[^/]+/roles/\w+", role):
            continue
        if role not in _ON_THE_PROJECT:
            yield f"{one['address']} gives {role} over the whole project"
        if role == "roles/datastore.user" and "/databases/" not in str(only(one["values"]["condition"])):
            yield f"{one['address']} gives every database of the project"


def rights_equal_the_flow(plans: Plans) -> Iterable[str]:
    """Each topic of events is published to by those services that the code says publish that kind, and no others."""
    granted: dict[str, set[str]] = {}
    for one in plans.system.resources:
        if one["values"].get("role") == _PUBLISHER and one["type"].startswith("google_pubsub_topic_iam"):
            granted.setdefault(one["values"]["topic"], set()).update(members(one["values"]))
    for kind in plans.system.named("google_pubsub_topic", "event"):
        found = {_service_of(member) for member in granted.get(f"{plans.prefix}-{kind}", ())}
        wanted = {service.value for service in Service if kind in publishes(service)}
        if found != wanted:
            yield f"{kind} may be published by {sorted(found)}, and the flow says {sorted(wanted)}"


def _service_of(member: str) -> str:
    found = _ACCOUNT.search(member)
    return found[1].rpartition("-")[2] if found else member


def refusals_are_given_up(plans: Plans) -> Iterable[str]:
    """Pub/Sub's own agent may move what was refused too often out of each subscription and into the dead letters."""

    def moves(kind: str, what: str, role: str) -> set[str]:
        bindings = [one for one in plans.system.all(kind).values() if one["role"] == role]
        return {
            one[what] for one in bindings if any("@gcp-sa-pubsub.iam.gserviceaccount.com" in to for to in members(one))
        }

    out_of = moves("google_pubsub_subscription_iam_binding", "subscription", "roles/pubsub.subscriber")
    into = moves("google_pubsub_topic_iam_binding", "topic", _PUBLISHER)
    pushed = {one["name"] for one in plans.system.named("google_pubsub_subscription", "push").values()}
    graves = {one["name"] for one in plans.system.named("google_pubsub_topic", "dead_letters").values()}
    yield from (f"nothing is moved out of {name}" for name in sorted(pushed - out_of))
    yield from (f"nothing is moved into {name}" for name in sorted(graves - into))


def jobs_have_targets(plans: Plans) -> Iterable[str]:
    """Each standing job publishes an event of its topic's kind, to a topic that is there."""
    topics = {topic["name"]: kind for kind, topic in plans.system.named("google_pubsub_topic", "event").items()}
    jobs = plans.system.all("google_cloud_scheduler_job")
    if not jobs:
        yield "no job stands"
    for name, job in jobs.items():
        target = only(job["pubsub_target"])
        topic = target["topic_name"].rpartition("/")[2]
        if topic not in topics:
            yield f"{name} publishes to {topic}, which is not there"
            continue
        try:
            event = load(base64.b64decode(target["data"]))
        except BadEvent as error:
            yield f"{name} publishes no event: {error}"
            continue
        if (event.kind, event.id) != (topics[topic], target["attributes"]["event_id"]):
            yield f"{name} publishes another event than it says"


def timeouts_fit(plans: Plans) -> Iterable[str]:
    """Cloud Run cuts nobody off before Pub/Sub does, and Pub/Sub waits for as long as the code says."""
    for service, one in plans.services.items():
        timeout_s = float(only(one["template"])["timeout"].removesuffix("s"))
        if timeout_s < ACK_DEADLINE_S.get(service, 0.0):
            yield f"{service} is cut off after {timeout_s:.0f} s"
    for name, one in plans.system.named("google_pubsub_subscription", "push").items():
        if one["ack_deadline_seconds"] != ACK_DEADLINE_S[Service(name.rpartition("-")[2])]:
            yield f"{name} waits {one['ack_deadline_seconds']} s"


def secrets_have_readers(plans: Plans) -> Iterable[str]:
    """Each secret is there, is told to whoever may read it, and may be read by whoever is told it."""
    there = {one["secret_id"] for one in plans.foundation.all("google_secret_manager_secret").values()}
    bindings = plans.system.all("google_secret_manager_secret_iam_binding").values()
    may_read = {
        (one["secret_id"].rpartition("/")[2], _service_of(member))
        for one in bindings
        if one["role"] == _READER
        for member in one["members"]
    }
    told = {(secret, service.value) for service, one in plans.services.items() for secret in secrets(one).values()}
    yield from (f"{service} is told {secret} and may not read it" for secret, service in told - may_read)
    yield from (f"{service} may read {secret} and is not told it" for secret, service in may_read - told)
    yield from (f"{secret} is not there" for secret in {secret for secret, _service in told | may_read} - there)


def accounts_are_there(plans: Plans) -> Iterable[str]:
    """Each account that is granted anything, runs a service or pushes is made by the foundation."""
    there = {one["account_id"] for one in plans.foundation.all("google_service_account").values()}
    named = {member for one in plans.resources for member in members(one["values"])}
    named |= {only(one["template"])["service_account"] for one in plans.services.values()}
    pushes = [only(one["push_config"]) for one in plans.system.all("google_pubsub_subscription").values()]
    named |= {token["service_account_email"] for push in pushes for token in push.get("oidc_token", ()) if token}
    for name in sorted(named):
        found = _ACCOUNT.search(name)
        if found and not found[1].startswith("service-") and found[1] not in there:
            yield f"{name} is nobody's account"


def idle_costs_nothing(plans: Plans) -> Iterable[str]:
    """Unless somebody wants them warm, services go down to no instance, and processors rest between requests."""
    for service, one in plans.services.items():
        if only(only(one["template"])["scaling"])["min_instance_count"] != 0:
            yield f"{service} always runs"
        if not only(container(one)["resources"])["cpu_idle"]:
            yield f"{service} keeps its processor"


def data_is_guarded(plans: Plans) -> Iterable[str]:
    """The database is not deleted by accident, is backed up, and can be set back."""
    for name, one in plans.foundation.all("google_firestore_database").items():
        if one["delete_protection_state"] != "DELETE_PROTECTION_ENABLED" or one["deletion_policy"] != "ABANDON":
            yield f"the database {name} can be deleted"
        if one["point_in_time_recovery_enablement"] != "POINT_IN_TIME_RECOVERY_ENABLED":
            yield f"the database {name} cannot be set back"
    if not plans.foundation.all("google_firestore_backup_schedule"):
        yield "nothing is backed up"


def nothing_is_secret(plans: Plans) -> Iterable[str]:
    """No secret's value passes through Terraform, whose state keeps in the clear what it is told."""
    for one in plans.resources:
        if one["type"] in {"google_secret_manager_secret_version", "google_service_account_key"}:
            yield f"{one['address']} keeps a secret in the state"


def nothing_is_rehearsed(plans: Plans) -> Iterable[str]:
    """Only an installation for rehearsals has a practice club: members of any other can never reach one."""
    for one in plans.resources:
        if "practice" in json.dumps(one).lower():
            yield f"{one['address']} knows a practice club"


POLICIES: Final[Sequence[Policy]] = (
    pushes_are_guarded,
    pushes_reach_their_services,
    only_the_pages_are_public,
    images_are_settled,
    rights_are_narrow,
    rights_equal_the_flow,
    refusals_are_given_up,
    jobs_have_targets,
    timeouts_fit,
    secrets_have_readers,
    accounts_are_there,
    data_is_guarded,
    nothing_is_secret,
    nothing_is_rehearsed,
)
