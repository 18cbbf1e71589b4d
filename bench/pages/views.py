"""Which page is wanted when, and by whom. No clocks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Self


class Page(StrEnum):
    """A page that members look at."""

    AGENDA = "agenda"
    BOOKING = "booking"
    WEEK = "week"
    SERIES = "series"
    SETTINGS = "settings"


# Out of twenty views: as a member looks, who comes for the agenda and goes on from there. Mixed, so that no second has
# more of one kind than another.
MIX: Final[Sequence[Page]] = tuple(
    {"a": Page.AGENDA, "b": Page.BOOKING, "w": Page.WEEK, "s": Page.SERIES, "o": Page.SETTINGS}[letter]
    for letter in "abawbasabowabasbawab"
)


@dataclass(frozen=True)
class Reader:
    """A member who looks at pages: how they sign in, from which address they come, and what is theirs."""

    email: str
    address: str
    booking_id: str
    series_id: str

    def path(self, page: Page) -> str:
        """Where that page of theirs is."""
        match page:
            case Page.AGENDA:
                return "/"
            case Page.BOOKING:
                return f"/bookings/{self.booking_id}"
            case Page.WEEK:
                return "/week"
            case Page.SERIES:
                return f"/series/{self.series_id}"
            case Page.SETTINGS:
                return "/settings"

    @classmethod
    def heard(cls, told: dict[str, Any]) -> Self:
        """As they were told of."""
        return cls(**told)


@dataclass(frozen=True)
class View:
    """A page that the reader of this number wants, so many seconds after the first one."""

    due_s: float
    reader: int
    page: Page


def views(per_s: float, lasts_s: float, readers: int) -> Iterator[View]:
    """All views of so long a time, evenly. The readers take turns, and go on to another page with each."""
    for number in range(round(per_s * lasts_s)):
        turn, reader = divmod(number, readers)
        yield View(number / per_s, reader, MIX[(reader + turn) % len(MIX)])
