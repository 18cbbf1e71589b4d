"""The club's pages as bytes: ISO-8859-1, entities in the template texts, members' names as raw letters.

The parts of a page (shell, timetable, list of free places, each visitor's view of a session) are made once and kept
until the club changes.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from practice_club.knobs import HourStyle, Knobs
from practice_club.model import ClubModel
from practice_club.session import Session
from practice_club.session_page import SessionPage, Viewer
from practice_club.times import instant_ns, local_time
from practice_club.timetable import COLUMNS, Planner
from practice_club.words import ENGLISH, NORWEGIAN, Words

CHARSET = "iso-8859-1"
PIN_LENGTH = 4
_MANY_VIEWS = 2_000
_GAPS = ("language", "notices", "available", "content", "filler")


@dataclass(frozen=True, slots=True)
class Frame:
    """What surrounds a page's content: its language, for whom it is, its notices and its own address elsewhere."""

    words: Words
    logged_in: bool = False
    notices: Sequence[Markup] = ()
    other_language_href: str = "./index.php"


class _Kept(NamedTuple):
    version: int
    from_ns: int
    until_ns: int
    text: bytes


def to_bytes(text: str) -> bytes:
    """The page's charset; a letter that it lacks becomes a numeric entity."""
    return text.encode(CHARSET, "xmlcharrefreplace")


class Pages:
    """Writes the pages of one club."""

    def __init__(self, model: ClubModel, door_code: str) -> None:
        self._model = model
        self._door_code = door_code
        self._knobs = Knobs()
        self._shells: dict[tuple[str, bool], list[bytes]] = {}
        self._fillers: dict[str, bytes] = {}
        self._kept: dict[Hashable, _Kept] = {}
        self._sessions: dict[Hashable, bytes] = {}
        self._sessions_version = 0

    def use(self, knobs: Knobs) -> None:
        """Write as these knobs say from now on."""
        self._knobs = knobs
        self._fillers.clear()
        self._kept.clear()
        self._sessions.clear()

    def warm_up(self, now_ns: int) -> None:
        """Compile every template, so that the first visitor does not wait for it."""
        for name in _templates().list_templates():
            _templates().get_template(name)
        for words in (NORWEGIAN, ENGLISH):
            for logged_in in (True, False):
                self.page(Frame(words, logged_in), self.timetable(words, 0, now_ns, anonymous=not logged_in), now_ns)

    def page(self, frame: Frame, content: bytes, now_ns: int) -> bytes:
        """A whole page around its content."""
        words = frame.words
        language = Markup('<a href="{}">{}</a>').format(frame.other_language_href, words.other_language)
        notices = "".join(Markup('<div class="informasjon">{}</div>').format(notice) for notice in frame.notices)
        fillings = (to_bytes(language), to_bytes(notices), self._available(words, now_ns), content, self._filler(words))
        head, *rest = self._shell(words, logged_in=frame.logged_in)
        return head + b"".join(part for pair in zip(fillings, rest, strict=True) for part in pair)

    def timetable(self, words: Words, week: int, now_ns: int, *, anonymous: bool) -> bytes:
        """The weekly plan, `week` weeks ahead."""
        first = local_time(now_ns).date() + timedelta(weeks=week)
        hidden = anonymous and self._knobs.hide_names
        planner = Planner(self._model, words, now_ns, self._padded, hidden)

        def render(sessions: list[Session]) -> str:
            columns, rows = planner.columns(first), planner.rows(first, sessions)
            return self._render("timetable.html", w=words, columns=columns, rows=rows, week=week)

        return self._keep(("timetable", words.lang, week, hidden), first, now_ns, render)

    def session(self, words: Words, session: Session, member_id: int | None, now_ns: int) -> bytes:
        """One session's page; the viewer's own place decides which links and texts it shows."""
        self._model.catch_up(session, now_ns)
        code = None if self._knobs.markerless_confirm else self._door_code
        viewer = Viewer(member_id, code, member_id is None and self._knobs.hide_names, self._padded)
        page = SessionPage(self._model, session, viewer, words, now_ns)
        if self._sessions_version != self._model.version or len(self._sessions) > _MANY_VIEWS:
            self._sessions_version = self._model.version
            self._sessions.clear()
        key = (session.slot.timeid, session.starts_ns, viewer, words.lang, page.moment())
        if key not in self._sessions:
            self._sessions[key] = to_bytes(self._render("session.html", w=words, s=page.view()))
        return self._sessions[key]

    def simple(self, heading: Markup, text: Markup) -> bytes:
        """A page of a heading and a sentence."""
        return to_bytes(self._render("simple.html", heading=heading, text=text))

    def new_user(self, words: Words, name: str, email: str) -> bytes:
        """The form by which somebody becomes a member, with what they have filled in so far."""
        filled = {"name": name, "email": email}
        return to_bytes(self._render("new_user.html", w=words, filled=filled, pin_length=PIN_LENGTH))

    @property
    def _padded(self) -> bool:
        return self._knobs.hours is HourStyle.PADDED_ONLY

    def _render(self, template: str, **values: object) -> str:
        return _templates().get_template(template).render(**values)

    def _available(self, words: Words, now_ns: int) -> bytes:
        planner = Planner(self._model, words, now_ns, self._padded)

        def render(sessions: list[Session]) -> str:
            return self._render("available.html", w=words, columns=planner.free_places(sessions))

        return self._keep(("available", words.lang), local_time(now_ns).date(), now_ns, render)

    def _keep(self, key: Hashable, first: date, now_ns: int, render: Callable[[list[Session]], str]) -> bytes:
        """The kept text of a part, or a new one if the club has changed since."""
        kept = self._kept.get(key)
        if kept and kept.version == self._model.version and kept.from_ns <= now_ns < kept.until_ns:
            return kept.text
        sessions = list(self._model.sessions_on(first, COLUMNS))
        for session in sessions:
            self._model.catch_up(session, now_ns)
        changes_ns = self._model.next_change_ns(sessions, now_ns)
        until_ns = min(changes_ns or _next_hour_ns(now_ns), _next_hour_ns(now_ns))
        self._kept[key] = _Kept(self._model.version, now_ns, until_ns, to_bytes(render(sessions)))
        return self._kept[key].text

    def _shell(self, words: Words, *, logged_in: bool) -> list[bytes]:
        """The parts of the page between its gaps."""
        key = (words.lang, logged_in)
        if key not in self._shells:
            gaps = {name: Markup(f"\0{name}\0") for name in _GAPS}  # noqa: S704 - made of the names above
            rest = self._render("shell.html", w=words, logged_in=logged_in, gap=gaps, pin_length=PIN_LENGTH)
            parts: list[bytes] = []
            for gap in gaps.values():
                before, rest = rest.split(gap, 1)
                parts.append(to_bytes(before))
            self._shells[key] = [*parts, to_bytes(rest)]
        return self._shells[key]

    def _filler(self, words: Words) -> bytes:
        """Rows of an archive that bring every page to the club's size."""
        if words.lang not in self._fillers:
            row = f"<tr><td>{words.news}</td><td>{words.plan}</td><td>{words.calendar}</td></tr>\n"
            missing = self._knobs.page_bytes - sum(map(len, self._shell(words, logged_in=True)))
            self._fillers[words.lang] = to_bytes(row) * max(1, -(-missing // len(row)))
        return self._fillers[words.lang]


@lru_cache(maxsize=1)
def _templates() -> Environment:
    """The templates, compiled once for all clubs of a process."""
    loader = PackageLoader("practice_club", "templates")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined)


def _next_hour_ns(now_ns: int) -> int:
    """When the next row of the timetable is past, at the latest: the zone is off UTC by whole hours."""
    now = local_time(now_ns)
    return instant_ns(now.replace(minute=0, second=0, microsecond=0)) + 3_600_000_000_000
