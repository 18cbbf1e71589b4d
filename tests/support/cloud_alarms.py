"""Alarms and metrics of Cloud Monitoring, as the files say that Terraform makes them of."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import yaml

FILES: Final = Path(__file__).parents[2] / "deploy/terraform/system/monitoring"
PREFIX: Final = "autotennis"


def log_metrics() -> Mapping[str, Mapping[str, Any]]:
    """Metrics of log lines, by name."""
    return yaml.safe_load((FILES / "log_metrics.yaml").read_text())


def filter_of(metric: Mapping[str, Any], prefix: str = PREFIX) -> str:
    """The metric's filter, whole: a test of the plan holds it against what Terraform makes."""
    services = " OR ".join(f'"{prefix}-{one}"' for one in metric["of"])
    log = [f'log_id("{metric["log"]}")'] if "log" in metric else []
    return " AND ".join(
        ['resource.type="cloud_run_revision"', f"resource.labels.service_name=({services})", *log, metric["filter"]]
    )


def alarms() -> Mapping[str, Mapping[str, Any]]:
    """Alarms, by name."""
    return yaml.safe_load((FILES / "alarms.yaml").read_text().replace("PREFIX", PREFIX))


def tiles() -> Sequence[Mapping[str, Any]]:
    """Tiles of the dashboard."""
    return yaml.safe_load((FILES / "tiles.yaml").read_text().replace("PREFIX", PREFIX))
