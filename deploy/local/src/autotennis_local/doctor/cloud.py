"""What an installation on Google Cloud needs: topics, subscriptions, the key, jobs, and rights on them."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from typing import Final

from autotennis.adapters.gcp.jobs import Jobs
from autotennis.adapters.gcp.kms import MasterKey
from autotennis.adapters.gcp.meter import Meter
from autotennis.adapters.gcp.pubsub import Kept, PubSub
from autotennis.adapters.gcp.replays import deliveries
from autotennis.adapters.gcp.setting_up import SetUpOptions, wanted
from autotennis.adapters.gcp.topology import Subscription, topics
from autotennis.wiring import place_of
from autotennis_local.doctor.finding import Finding, broken, fine, unknown
from autotennis_local.doctor.patient import Patient
from autotennis_local.every_settings import EverySettings

_PROBE: Final = b"the doctor's probe"
_NO_SUCH_JOB: Final = "doctor-looks-whether-it-may-look"
_FEW: Final = 5
_APPLY: Final = "Apply Terraform again (`autotennis-deploy`, docs/google-cloud.md)."
_EVENTS: Final = "/events"


def topology(patient: Patient) -> Sequence[Finding]:
    """Whether all topics and subscriptions are there, and pushed where they should be."""
    place = place_of(patient.settings)
    with closing(PubSub(place.project)) as pubsub:
        there, kept = pubsub.topics(), pubsub.subscriptions()
        all_of_it = wanted(pubsub, place.prefix, SetUpOptions())
    return [
        _presence("topics", sorted(all_of_it.topics - there)),
        _presence("subscriptions", sorted(all_of_it.subscriptions.keys() - kept.keys())),
        *pushes_found(deliveries(place.prefix), kept, patient.settings),
    ]


def _presence(what: str, missing: Sequence[str]) -> Finding:
    if not missing:
        return fine(f"all {what} are there")
    return broken(f"{len(missing)} {what} are missing: {_some(missing)}", _APPLY)


def pushes_found(needed: Sequence[Subscription], kept: Mapping[str, Kept], settings: EverySettings) -> list[Finding]:
    """Whether each subscription that is there is pushed to its own service, by whom the services let in."""
    there = [(one, kept[one.id]) for one in needed if one.id in kept]
    wrong = [f"{one.id} {problem}" for one, found in there for problem in _problems(one, found, settings)]
    for service in sorted({one.service for one, _ in there}):
        endpoints = {found.endpoint for one, found in there if one.service is service}
        if len(endpoints) > 1:
            wrong.append(f"{service} is pushed to at {len(endpoints)} addresses")
    if wrong:
        return [broken(f"{len(wrong)} subscriptions are wrong: {_some(wrong)}", _APPLY)]
    return [fine(f"{len(there)} subscriptions are pushed as they should be")]


def _problems(needed: Subscription, found: Kept, settings: EverySettings) -> Iterator[str]:
    if not found.endpoint:
        yield "is not pushed"
    elif not (found.endpoint.startswith("https://") and found.endpoint.endswith(_EVENTS)):
        yield f"is pushed to {found.endpoint}, which is no https://.../events"
    elif (found.account, found.audience) != (settings.gcp_push_account, settings.gcp_push_audience):
        yield "shows the token of another account or audience than the services let in"
    address = settings.services.get(needed.service)
    if address and found.endpoint and found.endpoint != str(address).rstrip("/") + _EVENTS:
        yield "is not pushed to the address that AUTOTENNIS_SERVICES has"
    if found.dead_letter_topic != needed.dead_letter_topic:
        yield "does not keep what is given up"


def master_key(patient: Patient) -> Sequence[Finding]:
    """Whether KMS seals and opens with the key. Raises VaultLocked, which says what is missing."""
    with closing(MasterKey(place_of(patient.settings), Meter())) as key:
        key.wrap(_PROBE, _PROBE)
    return [fine("Cloud KMS seals and opens with the vault's key")]


def jobs(patient: Patient) -> Sequence[Finding]:
    """Whether Cloud Scheduler lets us look at jobs. Raises SchedulerRefused, which says what is missing."""
    with closing(Jobs(place_of(patient.settings), Meter())) as found:
        found.find(f"{patient.settings.gcp_prefix}-{_NO_SUCH_JOB}")
    return [fine("Cloud Scheduler answers")]


def rights(patient: Patient) -> Sequence[Finding]:
    """Whether whoever runs this may publish: asked of Pub/Sub, without publishing anything."""
    place = place_of(patient.settings)
    with closing(PubSub(place.project)) as pubsub:
        answers = {topic: pubsub.may_publish(topic) for topic in topics(place.prefix)[:_FEW]}
    if None in answers.values():
        return [unknown("Pub/Sub does not tell what this account may (an emulator does not)")]
    refused = [topic for topic, may in answers.items() if not may]
    if refused:
        return [
            unknown(
                f"this account may not publish to {_some(refused)}",
                "That is as it should be if you are no service: run this as a service's account to look at its rights "
                "(`gcloud config set auth/impersonate_service_account`, or --impersonate-service-account at login).",
            )
        ]
    return [fine("this account may publish events")]


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _FEW} more" if len(names) > _FEW else ""
    return ", ".join(names[:_FEW]) + more
