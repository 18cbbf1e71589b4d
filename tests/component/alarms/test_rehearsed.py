"""Alarms are rehearsed: what they are about happens to real services, and both worlds hear of it.

Cloud Monitoring hears by the lines that the service really logged, through the filters, labels and values of the
log-based metrics. So a line or a field that is renamed fails a test here. Prometheus hears by what it reads.
"""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest
from prometheus_client.parser import text_string_to_metric_families
from support.booking_desk import CLUB_ID
from support.cloud_alarms import PREFIX, filter_of, log_metrics
from support.log_filters import Entry, entry_of, extracted, fits
from support.records import CLUB

from autotennis.domain.figures import FIRE_ERRORS_MS, PROOFS_S

# They are played once for all tests of this file.
pytestmark = pytest.mark.xdist_group("alarms")
TESTS: Final = Path(__file__).parents[2]
SERVICES: Final = ("api", "timer", "booker", "waitlist", "notifier")
METRICS: Final = log_metrics()
BUDGET: Final = "autotennis_budget_used_bucket"
CRASHING: Final[Sequence[str]] = METRICS["crashes"]["of"]
# What we do not log: Cloud Run does.
GOOGLES: Final = {name for name, metric in METRICS.items() if "log" in metric}


@dataclass
class Heard:
    """The lines of all services, and what Prometheus read of them."""

    entries: Sequence[Entry] = ()
    scraped: list[str] = field(default_factory=list[str])

    def by(self, name: str) -> Sequence[Entry]:
        """The entries that this log-based metric is made of."""
        return [entry for entry in self.entries if fits(filter_of(METRICS[name]), entry)]

    def labels(self, name: str) -> set[str]:
        """The values of the one label of this metric."""
        ((_, source),) = METRICS[name]["labels"].items()
        return {extracted(f"EXTRACT({source})", entry) for entry in self.by(name)}

    def value(self, name: str, **labels: str) -> float:
        """The most that Prometheus read in one go: the sum of all series of that name with those labels."""
        return self.most(lambda text: _sum(text, name, **labels))

    def most(self, figure: Callable[[str], float]) -> float:
        """The most that comes of what Prometheus read in one go."""
        return max(figure(text) for text in self.scraped)


def _sum(text: str, name: str, **labels: str) -> float:
    samples = (sample for family in text_string_to_metric_families(text) for sample in family.samples)
    return sum(one.value for one in samples if one.name == name and labels.items() <= one.labels.items())


def _played(service: str, directory: Path) -> tuple[str, str]:
    """What the service said in its scenes: on standard error and on standard output."""
    environment = {**os.environ, "PYTHONPATH": str(TESTS)}
    program = subprocess.run(  # noqa: S603 (our own programs)
        [sys.executable, "-m", "support.alarm_scenes", service, str(directory)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert program.returncode == 0, program.stderr[-3000:]
    return program.stderr, program.stdout


def _refused_its_port(service: str, directory: Path) -> str:
    """What the program itself says that finds its port taken: an error that nobody foresaw."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        told = {
            "AUTOTENNIS_DATA_DIR": str(directory),
            "AUTOTENNIS_PORT": str(taken.getsockname()[1]),
            "AUTOTENNIS_PUSH_SECRET": "a secret of the bus",
        }
        program = subprocess.run(  # noqa: S603 (our own programs)
            [sys.executable, "-m", f"autotennis_{service}"],
            env={**os.environ, **told},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
    assert program.returncode != 0
    return program.stderr


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory) -> Heard:
    """All scenes are played."""
    root = tmp_path_factory.mktemp("scenes")
    with ThreadPoolExecutor(2) as pool:
        played = list(pool.map(_played, SERVICES, [root / one for one in SERVICES]))
        crashed = list(pool.map(_refused_its_port, CRASHING, [root / f"{one}-crashed" for one in CRASHING]))
    lines = [line for said in [*(said for said, _ in played), *crashed] for line in said.splitlines()]
    told: list[dict[str, Any]] = [json.loads(line) for line in lines if line.startswith("{")]
    scraped = [json.loads(line) for _, out in played for line in out.splitlines()]
    return Heard([entry_of(line, PREFIX) for line in told], scraped)


@pytest.mark.parametrize("name", sorted(METRICS.keys() - GOOGLES))
def test_each_metric_is_made_of_lines_that_each_of_its_services_logs(heard: Heard, name: str) -> None:
    metric, entries = METRICS[name], heard.by(name)
    assert {entry["jsonPayload"]["service"] for entry in entries} == set(metric["of"])
    for entry in entries:
        for source in metric.get("labels", {}).values():
            assert isinstance(extracted(f"EXTRACT({source})", entry), str)
        if "value" in metric:
            assert isinstance(extracted(f"EXTRACT({metric['value']})", entry), int | float)


def test_metrics_of_what_google_logs_are_not_made_of_our_lines(heard: Heard) -> None:
    assert GOOGLES
    assert [name for name in sorted(GOOGLES) if heard.by(name)] == []


def test_nobody_is_named(heard: Heard) -> None:
    shown = {source for metric in METRICS.values() for source in metric.get("labels", {}).values()}
    assert shown == {f"jsonPayload.{name}" for name in ("club_id", "state", "rule", "service")}


def test_classes_are_those_of_prometheus() -> None:
    assert tuple(METRICS["fire_error"]["bounds"]) == FIRE_ERRORS_MS
    assert tuple(METRICS["proof"]["bounds"]) == PROOFS_S


def test_missed_opening(heard: Heard) -> None:
    assert len(heard.by("openings_missed")) == 1
    assert heard.value("autotennis_openings_missed_total") == 1


def test_late_race(heard: Heard) -> None:
    assert heard.labels("races_late") == {CLUB_ID}
    assert len(heard.by("races_late")) == 1
    assert heard.value("autotennis_race_late_seconds_count") == 1


def test_fire_error(heard: Heard) -> None:
    assert heard.labels("fire_error") == {CLUB_ID}
    counted = heard.value("autotennis_fire_error_ms_count", club=CLUB_ID)
    assert 0 < counted < len(heard.by("runs_ended")), "only races that fired have such an error"


def test_outbox_age(heard: Heard) -> None:
    (entry,) = heard.by("outbox_overdue")
    assert extracted("EXTRACT(jsonPayload.outbox_oldest_s)", entry) == 660
    assert heard.value("autotennis_outbox_oldest_seconds") == 660


def test_club_pages_changed(heard: Heard) -> None:
    assert heard.labels("club_pages_changed") == {CLUB_ID}


def test_club_pages_unread(heard: Heard) -> None:
    assert heard.labels("club_pages_unread") == {CLUB}
    assert heard.value("autotennis_canary_age_seconds", club=CLUB) > 172_800


def test_service_errors(heard: Heard) -> None:
    assert heard.labels("failures") == set(SERVICES)
    messages = {entry["jsonPayload"]["message"] for entry in heard.by("failures")}
    assert messages == {"event failed", "page failed", "request failed"}
    assert heard.value("autotennis_event_seconds_count", outcome="failed") == 1
    assert heard.value("autotennis_page_seconds_count", status="500") == 2


def test_service_down(heard: Heard) -> None:
    assert heard.labels("crashes") == set(SERVICES) - {"api"}, "gunicorn ends by itself, and Cloud Run says so"


def test_logins_refused(heard: Heard) -> None:
    assert len(heard.by("logins_refused")) == 2
    assert heard.value("autotennis_club_logins_total", verdict="refused") == 1


def test_tries_refused(heard: Heard) -> None:
    assert heard.labels("tries_refused") == {"SIGN_IN_OF_EMAIL_FROM_ADDRESS"}
    assert heard.value("autotennis_tries_refused_total") == len(heard.by("tries_refused")) == 2


def test_budget_nearly_used(heard: Heard) -> None:
    (entry,) = heard.by("budget_nearly_used")
    assert extracted("EXTRACT(jsonPayload.budget_used)", entry) == 1
    assert heard.most(lambda text: _sum(text, "autotennis_budget_used_count") - _sum(text, BUDGET, le="0.9")) == 1
