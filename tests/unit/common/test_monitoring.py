"""The dashboard and the alert rules under deploy/monitoring speak of metrics and labels that there are."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from autotennis.metrics import Metrics, names_of

DIRECTORY = Path(__file__).parents[3] / "deploy/monitoring"
# What Prometheus itself adds.
OWN = {"up"}
OWN_LABELS = {"le", "job", "service"}
WORDS = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
FUNCTIONS = {"sum", "max", "by", "rate", "increase", "histogram_quantile", "or"}


def dashboard() -> Mapping[str, Any]:
    return json.loads((DIRECTORY / "grafana-dashboard.json").read_text())


def rules() -> Sequence[Mapping[str, Any]]:
    (group,) = yaml.safe_load((DIRECTORY / "alerts.yml").read_text())["groups"]
    return group["rules"]


def panel_expressions() -> list[str]:
    return [target["expr"] for panel in dashboard()["panels"] for target in panel["targets"]]


def alert_expressions() -> list[str]:
    return [rule["expr"] for rule in rules()]


def words_of(expression: str) -> set[str]:
    """Names of metrics, labels and functions, without what is between quotes or brackets."""
    return set(WORDS.findall(re.sub(r'"[^"]*"|\[[^]]*\]', " ", expression)))


def labels() -> set[str]:
    return {label for one in vars(Metrics()).values() for label in getattr(one, "_labelnames", ())}


@pytest.mark.parametrize("expression", [*panel_expressions(), *alert_expressions()])
def test_an_expression_speaks_of_what_there_is(expression: str) -> None:
    known = {*names_of(Metrics()), *labels(), *OWN, *OWN_LABELS, *FUNCTIONS}
    assert words_of(expression) <= known
    assert expression.count("(") == expression.count(")")
    assert words_of(expression) & {*names_of(Metrics()), *OWN}


def test_the_dashboard_shows_every_metric() -> None:
    shown = {word for expression in panel_expressions() for word in words_of(expression)}
    families = {re.sub("_(total|bucket|sum|count)$", "", name) for name in names_of(Metrics())}
    assert families == {re.sub("_(total|bucket|sum|count)$", "", name) for name in shown if name.startswith("autot")}


def test_a_name_that_there_is_not_would_be_found_out() -> None:
    assert "autotennis_no_such_total" in words_of("rate(autotennis_no_such_total[5m])")
    assert "autotennis_no_such_total" not in names_of(Metrics())


def test_there_is_an_alert_for_what_must_not_go_unseen() -> None:
    assert {"MissedOpening", "DeadLetters", "FireError", "QueueAge"} <= {rule["alert"] for rule in rules()}


def test_every_alert_says_what_is_the_matter() -> None:
    for rule in rules():
        assert rule["annotations"]["summary"]
        assert rule["labels"]["severity"] in {"page", "ticket"}


def placeholders() -> Iterator[tuple[str, str]]:
    for panel in dashboard()["panels"]:
        for target in panel["targets"]:
            yield from ((target["expr"], name) for name in re.findall(r"{{(\w+)}}", target["legendFormat"]))
    for rule in rules():
        yield from ((rule["expr"], name) for name in re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"]))


def test_legends_name_labels_that_the_expression_keeps() -> None:
    for expression, label in placeholders():
        kept = re.search(rf"by \([^)]*\b{label}\b", expression)
        whole = "sum" not in expression and "max" not in expression
        assert kept or whole, (expression, label)


def test_panels_do_not_lie_on_each_other() -> None:
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in dashboard()["panels"]]
    assert len(set(places)) == len(places)
