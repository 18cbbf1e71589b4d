"""What things are called on the operators' console."""

from collections.abc import Mapping
from typing import Final

from flask_babel import format_percent  # pyright: ignore[reportMissingTypeStubs, reportUnknownVariableType] (it ships none)

from autotennis.domain.audit import DeedKind
from autotennis.domain.figures import Histogram
from autotennis_api.texts import gettext, lazy_gettext

DEEDS: Final[Mapping[DeedKind, str]] = {
    DeedKind.SIGNED_IN: lazy_gettext("Signed in"),
    DeedKind.PAUSED: lazy_gettext("Paused"),
    DeedKind.RESUMED: lazy_gettext("Ended a pause"),
    DeedKind.REPLAYED: lazy_gettext("Had delivered again"),
    DeedKind.MADE_OPERATOR: lazy_gettext("Made an operator"),
    DeedKind.UNMADE_OPERATOR: lazy_gettext("Took an operator's rights away"),
    DeedKind.LET_IN_AGAIN: lazy_gettext("Let in again"),
    DeedKind.LOOKED_THROUGH: lazy_gettext("Had a club's pages looked through"),
}


def share(part: float | None) -> str:
    """A part of 1 in percent."""
    return gettext("none yet") if part is None else str(format_percent(part))


def classes(histogram: Histogram, unit: str) -> list[tuple[str, int, float]]:
    """Each class with its name, its count and the length of its bar, the longest being 100."""
    most = max(histogram.counts, default=0) or 1
    names = [gettext("up to %(bound)s %(unit)s", bound=f"{bound:g}", unit=unit) for bound in histogram.bounds]
    names.append(gettext("more than %(bound)s %(unit)s", bound=f"{histogram.bounds[-1]:g}", unit=unit))
    counts = histogram.counts
    return [(name, count, round(100 * count / most, 1)) for name, count in zip(names, counts, strict=True)]
