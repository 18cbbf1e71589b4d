"""The rights that services are given are those that their code needs: read from the code itself."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from autotennis.adapters.gcp.calendar import ASKED, rights
from autotennis.events import KINDS
from autotennis.flow import CARRIERS, PUBLISHERS, WAKE_UPS, Service, publishes

SERVICES = Path(__file__).parents[3] / "services"
CALLED = re.compile(r"\bwake\.(wake|woken|sweep|watch)\(([^()]*)")
STOPS = {"sweep": "stop sweeping", "watch": "stop watching"}
MADE = re.compile(rf"\b({'|'.join(KINDS)})\(")


def source(service: Service) -> str:
    return "\n".join(file.read_text() for file in (SERVICES / service.value / "src").rglob("*.py"))


def asked(service: Service) -> Iterator[str]:
    """What the service's code asks of the calendar; where a variable decides, both."""
    for name, arguments in CALLED.findall(source(service)):
        if "False" not in arguments:
            yield name
        if name in STOPS and "True" not in arguments:
            yield STOPS[name]


@pytest.mark.parametrize("service", list(Service))
def test_each_service_may_do_with_jobs_what_its_code_asks_for(service: Service):
    assert {*asked(service)} == ASKED[service]


def test_only_who_plans_wake_ups_may_make_a_job():
    makers = {service for service in Service if "cloudscheduler.jobs.create" in rights(service)}
    assert makers == {Service.TIMER, Service.BOOKER}


@pytest.mark.parametrize("service", list(Service))
def test_who_publishes_what_lies_in_an_outbox_may_publish_all_that_can_lie_there(service: Service):
    publishes_outboxes = bool(re.search(r"publish_outbox|have_checked", source(service)))
    assert publishes_outboxes == (service in CARRIERS)


@pytest.mark.parametrize("service", list(Service))
def test_each_service_may_publish_the_events_that_its_code_makes(service: Service):
    lines = [line for line in source(service).splitlines() if not line.lstrip().startswith("case ")]
    assert {*MADE.findall("\n".join(lines))} <= publishes(service)


def test_each_kind_that_anybody_publishes_has_somebody_who_may():
    for kind, publishers in PUBLISHERS.items():
        may = {service.value for service in Service if kind in publishes(service)}
        assert may or publishers.keys() == {WAKE_UPS}, kind


def test_the_notifier_tells_people_and_publishes_nothing():
    assert publishes(Service.NOTIFIER) == frozenset()
