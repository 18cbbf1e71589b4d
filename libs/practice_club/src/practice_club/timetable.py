"""What the timetable and the list of free places show. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple

from markupsafe import Markup, escape

from practice_club.model import ClubModel
from practice_club.session import Session
from practice_club.times import local_time, write_spilletid
from practice_club.vocabulary import Kind, Level
from practice_club.words import Words

COLUMNS = 8  # today and the seven days after it, as on the saved pages
HOURS = range(8, 23)
LISTED = (Level.N, Level.N_PLUS, Level.M, Level.M_PLUS, Level.E)  # no column for D or padel, as seen in 2017


class Link(NamedTuple):
    """A link of the list of free places."""

    href: str
    text: Markup


class Entry(NamedTuple):
    """One session in a cell of the timetable; without `href` it is text only."""

    text: str
    href: str = ""
    css: str = ""
    tip: Markup = Markup("")


@dataclass(slots=True)
class Cell:
    """One hour of one day."""

    expired: bool
    entries: list[Entry] = field(default_factory=list[Entry])


@dataclass(frozen=True, slots=True)
class Planner:
    """Lays sessions out as one visitor sees them at one instant."""

    model: ClubModel
    words: Words
    now_ns: int
    padded: bool = False
    names_hidden: bool = False

    def columns(self, first: date) -> list[Markup]:
        """The days above the timetable: "Man&nbsp;30/1"."""
        return [day_and_date(self.words.days, first + timedelta(days=n)) for n in range(COLUMNS)]

    def rows(self, first: date, sessions: Sequence[Session]) -> list[tuple[int, list[Cell]]]:
        """The hours from 8 to 22, and any other hour that has a session."""
        now = local_time(self.now_ns)
        hours = sorted({*HOURS, *(session.start.hour for session in sessions)})
        rows = [(hour, [Cell(_is_over(first, n, hour, now)) for n in range(COLUMNS)]) for hour in hours]
        cells = dict(rows)
        for session in sessions:
            cells[session.start.hour][(session.start.date() - first).days].entries.append(self._entry(session))
        return rows

    def free_places(self, sessions: Sequence[Session]) -> list[tuple[Markup, list[Link]]]:
        """The columns of the list of free places, which any visitor sees on every page."""
        free = [session for session in sessions if session.free(self.now_ns, self.model.rules) > 0]
        return [
            (title, [Link(self.href(s), self._when(s)) for s in free if s.slot.level is level])
            for title, level in zip(self.words.levels, LISTED, strict=True)
        ]

    def href(self, session: Session) -> str:
        """The relative link of a session, in the order of parameters of the 2017 pages."""
        spilletid = write_spilletid(session.start, padded=self.padded)
        return f"./timeinfo.php?spilletid={spilletid}&timeid={session.slot.timeid}&lang={self.words.lang}"

    def _entry(self, session: Session) -> Entry:
        text = session.slot.level + ("*" if session.slot.coach else "")
        if session.cancelled or self.now_ns >= session.starts_ns:
            return Entry(text)
        # "full" is said of everything that cannot be taken now: full or not yet open
        free = "ledig" if session.free(self.now_ns, self.model.rules) > 0 else "full"
        css = f"{free}dropintime" if session.slot.kind is Kind.DROP_IN else f"{free}time"
        return Entry(text, self.href(session), css, self._tip(session))

    def _tip(self, session: Session) -> Markup:
        """HTML that is escaped to be an attribute; the entities of its own words are not escaped once more."""
        takers = session.takers()
        if not takers:
            return Markup("&lt;i&gt;{}&lt;/i&gt;").format(self.words.nobody)
        names = [] if self.names_hidden else [self.model.short_name(member_id) for member_id in takers]
        body = Markup("").join(Markup("{}&lt;br/&gt;").format(str(escape(name))) for name in names)
        head = Markup("&lt;strong&gt;{}/{} {}:&lt;/strong&gt;&lt;br/&gt;")
        return head.format(len(takers), session.slot.capacity, self.words.reserved) + body

    def _when(self, session: Session) -> Markup:
        return Markup("{}&nbsp;{}").format(day_and_date(self.words.days, session.start), clock_text(session.start))


def day_and_date(names: Sequence[Markup], day: date) -> Markup:
    """ "Man&nbsp;30/1"."""
    return Markup("{}&nbsp;{}/{}").format(names[day.weekday()], day.day, day.month)


def clock_text(moment: datetime) -> str:
    """ "9:00", with seconds only if there are some."""
    return f"{moment.hour}:{moment:%M:%S}" if moment.second else f"{moment.hour}:{moment:%M}"


def _is_over(first: date, column: int, hour: int, now: datetime) -> bool:
    """Whether an hour of the timetable has begun."""
    return (first + timedelta(days=column), hour) <= (now.date(), now.hour)
