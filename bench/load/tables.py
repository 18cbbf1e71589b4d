"""Tables of what was measured beside a named baseline, with the ratio of the two."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """What was measured, and the same of the baseline; None where it was not to be had."""

    what: str
    measured: float | None
    baseline: float | None

    @property
    def ratio(self) -> float | None:
        """How many times the baseline it is."""
        return self.measured / self.baseline if self.baseline and self.measured is not None else None


def table(title: str, names: tuple[str, str], rows: Sequence[Row]) -> str:
    """The rows, what was measured first, then the baseline."""
    measured, baseline = names
    head = f"{title:<62}{measured:>14}{baseline:>16}{'ratio':>9}"
    lines = [
        f"  {row.what:<60}{_number(row.measured):>14}{_number(row.baseline):>16}{_number(row.ratio):>9}" for row in rows
    ]
    return "\n".join([head, *lines])


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.2f}"
