"""What is measured, alarmed about and shown in the cloud, in the plan that Terraform makes of it."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
from support.api_site import api_settings, club_beside, open_site
from support.cloud_alarms import alarms, filter_of, log_metrics
from support.log_filters import entry_of, fits
from support.terraform import BIG, SMALL, Terraform
from support.terraform_plan import Plan, only
from support.tools import needed

from autotennis.adapters.gcp.topology import consumers, dead_letters_of, subscriptions
from autotennis.flow import Service

pytestmark = needed("terraform")

Values = Mapping[str, Any]
LOG_METRIC: Final = "logging.googleapis.com/user/"
# Google's own metrics: the resource that each is of, its kind and the type of its values.
# https://cloud.google.com/monitoring/api/metrics_gcp
GOOGLES: Final = {
    "pubsub.googleapis.com/subscription/num_undelivered_messages": ("pubsub_subscription", "GAUGE", "INT64"),
    "pubsub.googleapis.com/subscription/oldest_unacked_message_age": ("pubsub_subscription", "GAUGE", "INT64"),
    "run.googleapis.com/request_count": ("cloud_run_revision", "DELTA", "INT64"),
    "run.googleapis.com/request_latencies": ("cloud_run_revision", "DELTA", "DISTRIBUTION"),
    "run.googleapis.com/container/instance_count": ("cloud_run_revision", "GAUGE", "INT64"),
    "run.googleapis.com/container/memory/utilizations": ("cloud_run_revision", "DELTA", "DISTRIBUTION"),
    "monitoring.googleapis.com/uptime_check/check_passed": ("uptime_url", "GAUGE", "BOOL"),
}
# What may be done with which: https://cloud.google.com/monitoring/api/ref_v3/rest/v3/projects.alertPolicies#Aligner
ALIGNERS: Final = {
    "ALIGN_DELTA": {("DELTA", "INT64"), ("DELTA", "DISTRIBUTION")},
    "ALIGN_MAX": {("GAUGE", "INT64")},
    "ALIGN_NEXT_OLDER": {("GAUGE", "BOOL"), ("GAUGE", "INT64")},
}
REDUCERS: Final = {
    "INT64": {"REDUCE_SUM", "REDUCE_MAX"},
    "DISTRIBUTION": {"REDUCE_PERCENTILE_50", "REDUCE_PERCENTILE_95", "REDUCE_PERCENTILE_99"},
    "BOOL": {"REDUCE_COUNT_FALSE"},
}
MOST_CONDITIONS: Final = 6
LONGEST_PERIOD_S: Final = 25 * 3600


@pytest.fixture(scope="module")
def terraform(tmp_path_factory: pytest.TempPathFactory) -> Terraform:
    copy = Terraform(tmp_path_factory.mktemp("monitoring"))
    copy.begin("system")
    return copy


@pytest.fixture(scope="module")
def plan(terraform: Terraform) -> Plan:
    """Of an installation whose operators are told."""
    return terraform.plan("system", BIG)


def metrics(plan: Plan) -> Mapping[str, Values]:
    """The metrics of log lines, by the name that others know them by."""
    return {LOG_METRIC + one["name"]: one for one in plan.named("google_logging_metric", "signal").values()}


def policies(plan: Plan) -> Mapping[str, Values]:
    return plan.named("google_monitoring_alert_policy", "alarm")


def thresholds(policy: Values) -> list[Values]:
    return [only(condition["condition_threshold"]) for condition in policy["conditions"]]


def asked(plan: Plan) -> Iterator[tuple[str, Values]]:
    """All that alarms and tiles ask: the filter, and how it is aligned and reduced."""
    for policy in policies(plan).values():
        for one in thresholds(policy):
            # That of the uptime check is known only once there is one.
            yield one.get("filter") or uptime_filter(), only(one["aggregations"])
    for tile in tiles(plan):
        for line in tile["widget"]["xyChart"]["dataSets"]:
            query = line["timeSeriesQuery"]["timeSeriesFilter"]
            yield query["filter"], {_snake(name): value for name, value in query["aggregation"].items()}


def _snake(name: str) -> str:
    """The name that Terraform has for a field of the API."""
    return re.sub("[A-Z]", lambda letter: f"_{letter[0].lower()}", name)


def uptime_filter() -> str:
    (one,) = [it for it in alarms()["ServiceDown"]["conditions"] if "uptime_check" in it.get("google", "")]
    return f'metric.type = "{one["google"]}" AND resource.type = "{one["resource"]}" AND {one["where"]}'


def tiles(plan: Plan) -> list[Values]:
    (dashboard,) = plan.all("google_monitoring_dashboard").values()
    return json.loads(dashboard["dashboard_json"])["mosaicLayout"]["tiles"]


def found_in(query: str, name: str) -> str:
    found = re.search(rf'{re.escape(name)} = "([^"]+)"', query)
    assert found, query
    return found[1]


def test_all_alarms_are_planned_and_somebody_is_told(plan: Plan) -> None:
    assert policies(plan).keys() == alarms().keys()
    (channel,) = plan.all("google_monitoring_notification_channel").values()
    assert channel["type"] == "email"
    assert channel["labels"] == {"email_address": BIG["alert_email"]}
    for one in configured(plan, "google_monitoring_alert_policy"):
        references = one["expressions"]["notification_channels"]["references"]
        assert "google_monitoring_notification_channel.operators" in references


def configured(plan: Plan, kind: str) -> list[Values]:
    """How resources of this type are written: what they refer to."""
    root = plan.shown["configuration"]["root_module"]["resources"]
    return [one for one in root if one["type"] == kind]


def test_every_alarm_says_what_is_the_matter_and_what_to_do(plan: Plan) -> None:
    for name, policy in policies(plan).items():
        said = only(policy["documentation"])
        assert said["mime_type"] == "text/markdown"
        assert alarms()[name]["first"] in said["content"]
        assert f"*{name}* of docs/alarms.md" in said["content"]
        assert policy["display_name"] == f"padel: {name}"
        assert policy["severity"] in {"CRITICAL", "WARNING"}
        assert 0 < len(policy["conditions"]) <= MOST_CONDITIONS
        assert len({one["display_name"] for one in policy["conditions"]}) == len(policy["conditions"])


def test_without_an_address_nobody_is_told_and_all_is_shown(terraform: Terraform) -> None:
    quiet = terraform.plan("system", SMALL)
    assert policies(quiet) == {}
    assert quiet.all("google_monitoring_notification_channel") == {}
    assert quiet.all("google_monitoring_uptime_check_config") == {}
    assert metrics(quiet)
    assert tiles(quiet)


def test_alarms_are_not_made_where_their_lines_are_not_logged(terraform: Terraform) -> None:
    assert "set log_level to INFO or DEBUG" in terraform.refused("system", {**BIG, "log_level": "WARNING"})


def test_metrics_of_lines_are_those_that_were_held_against_the_lines(plan: Plan) -> None:
    made = plan.named("google_logging_metric", "signal")
    assert made.keys() == log_metrics().keys()
    for name, wanted in log_metrics().items():
        one, described = made[name], only(made[name]["metric_descriptor"])
        assert one["name"] == f"padel/{name}"
        assert one["filter"] == filter_of(wanted, BIG["prefix"])
        assert one["label_extractors"] == {label: f"EXTRACT({it})" for label, it in wanted.get("labels", {}).items()}
        assert {label["key"] for label in described["labels"]} == set(wanted.get("labels", {}))
        assert (described["metric_kind"], described["value_type"]) == (
            "DELTA",
            "DISTRIBUTION" if "value" in wanted else "INT64",
        )
        if "value" in wanted:
            assert one["value_extractor"] == f"EXTRACT({wanted['value']})"
            assert only(only(one["bucket_options"])["explicit_buckets"])["bounds"] == wanted["bounds"]


def test_a_filter_names_services_that_are_planned(plan: Plan) -> None:
    names = {one["name"] for one in plan.named("google_cloud_run_v2_service", "this").values()}
    for one in metrics(plan).values():
        named = set(re.findall(r'"(padel-\w+)"', one["filter"]))
        assert named
        assert named <= names


def test_an_installation_does_not_count_the_lines_of_another(plan: Plan) -> None:
    (missed,) = [one for one in metrics(plan).values() if one["name"] == "padel/openings_missed"]
    line = {"service": "timer", "severity": "WARNING", "message": "swept", "openings": 1}
    assert fits(missed["filter"], entry_of(line, "padel"))
    assert not fits(missed["filter"], entry_of(line, "tennis"))


def test_alarms_and_tiles_ask_for_metrics_that_there_are_in_a_way_that_goes(plan: Plan) -> None:
    known = {name: ("cloud_run_revision", *_kind(one)) for name, one in metrics(plan).items()} | GOOGLES
    for query, how in asked(plan):
        resource, kind, values = known[found_in(query, "metric.type")]
        assert found_in(query, "resource.type") == resource, query
        assert (kind, values) in ALIGNERS[how["per_series_aligner"]], query
        assert how["cross_series_reducer"] in REDUCERS[values], query
        seconds = int(how["alignment_period"].removesuffix("s"))
        assert seconds % 60 == 0
        assert 60 <= seconds <= LONGEST_PERIOD_S


def _kind(metric: Values) -> tuple[str, str]:
    described = only(metric["metric_descriptor"])
    return described["metric_kind"], described["value_type"]


def test_grouped_by_labels_that_the_metrics_have(plan: Plan) -> None:
    for query, how in asked(plan):
        name = found_in(query, "metric.type")
        if name in GOOGLES:
            continue
        labels = {f"metric.label.{it['key']}" for it in only(metrics(plan)[name]["metric_descriptor"])["labels"]}
        by = {one for one in how.get("group_by_fields") or () if one.startswith("metric.")}
        assert by <= labels, query


def test_every_queue_and_every_grave_is_watched(plan: Plan) -> None:
    (dead,) = thresholds(policies(plan)["DeadLetters"])
    start = re.search(r'subscription_id = starts_with\("([^"]+)"\)', dead["filter"])
    assert start
    assert all(dead_letters_of("padel", one).startswith(start[1]) for one in consumers())
    waits = {
        pattern[1]: one["threshold_value"]
        for one in thresholds(policies(plan)["QueueAge"])
        if (pattern := re.search(r'monitoring\.regex\.full_match\("([^"]+)"\)', one["filter"]))
    }
    for one in subscriptions("padel"):
        ((_, above),) = [(it, above) for it, above in waits.items() if re.fullmatch(it, one.id)]
        assert above == one.ack_deadline_s + 120, one.id
    for service in Service:
        assert not any(re.fullmatch(it, dead_letters_of("padel", service)) for it in waits)


def test_tiles_do_not_lie_on_each_other_and_none_is_too_wide(plan: Plan) -> None:
    taken: set[tuple[int, int]] = set()
    for tile in tiles(plan):
        columns = range(tile.get("xPos", 0), tile.get("xPos", 0) + tile["width"])
        rows = range(tile.get("yPos", 0), tile.get("yPos", 0) + tile["height"])
        cells = {(column, row) for column in columns for row in rows}
        assert not cells & taken, tile["widget"]["title"]
        assert max(columns) < 12
        taken |= cells


def test_the_page_that_is_looked_at_answers_anybody(plan: Plan, tmp_path: Path) -> None:
    (check,) = plan.all("google_monitoring_uptime_check_config").values()
    page = only(check["http_check"])
    assert page["use_ssl"]
    assert page["validate_ssl"]
    assert only(check["monitored_resource"])["labels"]["host"] == urlsplit(str(BIG["public_url"])).hostname
    with club_beside() as club, open_site(api_settings(tmp_path, club.rules())) as site:
        assert site.app.test_client().get(page["path"]).status_code == 200
