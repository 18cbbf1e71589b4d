"""The addresses of a pretix shop: its series, and the dates of one."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from urllib.parse import SplitResult, parse_qs, urlsplit

from pydantic import ValidationError
from yarl import URL

from autotennis.domain.club import ClubRules
from autotennis.errors import BadLink, LinkProblem
from autotennis.values import Pointer, Session

# A date's page, as itself, as a widget shows it, and as a file for calendars; else it is named by a parameter.
_DATE: Final = re.compile(r"(?P<slot>[a-z0-9.-]+)(?:/w/[a-z0-9]{16}|/ical)?(?:/(?P<number>[0-9]{1,9}))?(?:/[a-z]*)?/?")


@dataclass(frozen=True, slots=True)
class PretixLinks:
    """The port ClubLinks, and the addresses beside it. The club's own address is its organizer's."""

    rules: ClubRules

    @property
    def good_link(self) -> str:
        """What a link to a session of this club looks like."""
        return self.link(Session(timeid=65, slot="tennis", start=datetime(2026, 12, 1, 15, 0)))  # noqa: DTZ001 (local)

    def link(self, session: Session) -> str:
        """The address of the date's page; where nobody has read its number, of its series' week."""
        series = f"{self.rules.root}{session.slot}/"
        return f"{series}{session.timeid}/" if session.timeid else f"{series}?{week_of(session.start)}"

    def session_of(self, url: SplitResult) -> Pointer:
        """The date that an address leads to, in any honest form: a shop takes capitals, too. Raises BadLink."""
        found = _DATE.fullmatch(url.path.lower().removeprefix(urlsplit(self.rules.root).path.lower()))
        number = found and (found["number"] or parse_qs(url.query).get("subevent", [""])[0])
        try:
            return Pointer.model_validate({"slot": found["slot"] if found else "", "number": number})
        except ValidationError:
            problem = f"This is not the page of one date at {self.rules.name}."
            raise BadLink(LinkProblem.NOT_A_SESSION, problem, self.good_link) from None

    def url(self, path: str) -> URL:
        """The address of something below the organizer's."""
        return URL(self.rules.root + path, encoded=True)

    def local(self, start: datetime) -> datetime:
        """The start of a session as the club's clocks show it."""
        return start.astimezone(self.rules.zone).replace(microsecond=0, tzinfo=None)


def week_of(day: date) -> str:
    """How a calendar is asked for the week of that day."""
    return f"style=week&date={day.isocalendar().year}-W{day.isocalendar().week:02}"
