"""Both worlds have the same alarms, and docs/alarms.md says of each what it is, where it comes from and what to do."""

import ast
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from support.cloud_alarms import alarms, log_metrics, tiles

from autotennis.flow import ACK_DEADLINE_S
from autotennis.log import hide_secrets
from autotennis.metrics import Metrics, names_of

ROOT: Final = Path(__file__).parents[3]
MANUAL: Final = (ROOT / "docs/alarms.md").read_text()
PARTS: Final = ("Prometheus", "Cloud Monitoring", "To see it", "Do first", "Rehearsed")


def sections() -> Mapping[str, str]:
    """The sections that are about an alarm, on one line each."""
    _, *found = re.split(r"^## ", MANUAL, flags=re.MULTILINE)
    by_name = {one.partition("\n")[0]: " ".join(one.partition("\n")[2].split()) for one in found}
    return {name: text for name, text in by_name.items() if " " not in name}


def prometheus_alarms() -> Mapping[str, Mapping[str, Any]]:
    """Alarms of Prometheus, by name."""
    (group,) = yaml.safe_load((ROOT / "deploy/monitoring/alerts.yml").read_text())["groups"]
    return {rule["alert"]: rule for rule in group["rules"]}


SECTIONS: Final = sections()


def part_of(name: str, part: str) -> str:
    """What a section says under this head."""
    heads = "|".join(PARTS)
    found = re.search(rf"- \*\*{part}:\*\* (.*?)(?= - \*\*(?:{heads}):\*\*|$)", SECTIONS[name])
    assert found, f"{name} does not say: {part}"
    return found[1]


def test_both_worlds_and_the_manual_have_the_same_alarms() -> None:
    assert alarms().keys() == prometheus_alarms().keys() == SECTIONS.keys()
    in_table = re.findall(r"^\| \[(\w+)\]\(#(\w+)\) \| (page|ticket) \|", MANUAL, flags=re.MULTILINE)
    assert [name for name, _, _ in in_table] == list(SECTIONS)
    assert all(anchor == name.lower() for name, anchor, _ in in_table)
    assert {name: severity for name, _, severity in in_table} == {
        name: alarm["severity"] for name, alarm in alarms().items()
    }


@pytest.mark.parametrize("name", SECTIONS)
def test_an_alarm_says_the_same_everywhere(name: str) -> None:
    alarm, rule = alarms()[name], prometheus_alarms()[name]
    assert SECTIONS[name].startswith(f"{alarm['summary']} ({alarm['severity']})")
    assert part_of(name, "Do first").startswith(alarm["first"])
    assert rule["labels"]["severity"] == alarm["severity"]


@pytest.mark.parametrize("name", SECTIONS)
def test_the_manual_names_what_the_alarm_rests_on(name: str) -> None:
    used = set(re.findall(r"autotennis_\w+", prometheus_alarms()[name]["expr"]))
    named = set(re.findall(r"autotennis_\w+", part_of(name, "Prometheus")))
    assert used == named, "those of Prometheus"
    for condition in alarms()[name]["conditions"]:
        metric = condition.get("log") or condition["google"].rpartition("/")[2]
        assert f"`{metric}`" in part_of(name, "Cloud Monitoring") or metric == "check_passed"


@pytest.mark.parametrize("name", SECTIONS)
def test_each_alarm_was_rehearsed_by_tests_that_there_are(name: str) -> None:
    told = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", part_of(name, "Rehearsed"))
    assert told
    for file, test in told:
        tree = ast.parse((ROOT / file).read_text())
        assert test in {one.name for one in tree.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_every_metric_of_lines_is_on_the_dashboard_and_no_other() -> None:
    shown = {line["log"] for tile in tiles() for line in tile["lines"] if "log" in line}
    assert shown == log_metrics().keys()


def test_alarms_rest_on_metrics_and_labels_that_there_are() -> None:
    conditions = [one for alarm in alarms().values() for one in alarm["conditions"] if "log" in one]
    lines = [one for tile in tiles() for one in tile["lines"] if "log" in one]
    for one in [*conditions, *lines]:
        labels = {f"metric.label.{label}" for label in log_metrics()[one["log"]].get("labels", {})}
        assert {by for by in one.get("by", []) if by.startswith("metric.")} <= labels, one


def test_a_queue_is_too_old_after_what_the_service_may_hold_and_two_minutes() -> None:
    (condition,) = alarms()["QueueAge"]["conditions"]
    assert condition["above_of"] == {service.value: held_s + 120 for service, held_s in ACK_DEADLINE_S.items()}


def test_no_line_that_is_measured_has_a_field_that_is_hidden() -> None:
    fields = set(re.findall(r"jsonPayload\.(\w+)", str(log_metrics())))
    line: dict[str, Any] = dict.fromkeys(fields, 1)
    assert hide_secrets(None, "", line) == line


def test_what_is_said_of_prometheus_is_true() -> None:
    for name in SECTIONS:
        named = set(re.findall(r"autotennis_\w+", part_of(name, "Prometheus")))
        assert named <= set(names_of(Metrics()))
