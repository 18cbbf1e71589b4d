"""What the club answers to a visit: from a parsed request to a reply, at one instant. No sockets, no clocks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import NamedTuple
from urllib.parse import parse_qs, urlencode

from markupsafe import Markup

from practice_club.knobs import HourStyle, Knobs
from practice_club.logins import Login, Logins, SetCookie
from practice_club.model import ClubModel, SessionKey
from practice_club.newcomers import admit
from practice_club.pages import Frame, Pages
from practice_club.people import Member
from practice_club.rebuilding import rebuilt
from practice_club.session import Session
from practice_club.times import hour_is_padded, parse_spilletid
from practice_club.vocabulary import Action, Verdict
from practice_club.words import Words, words_for

ACTION_PARAMETERS = {
    "leggtilvikarid": Action.SIGN_UP,
    "fjernvikarid": Action.WITHDRAW,
    "bekrefteid": Action.CONFIRM,
    "kommerikkeid": Action.DECLINE,
}
NEW_USER_PATH = "/nybruker.php"
PLAIN_PAGES = {
    "/glemtpin.php": "forgot",
    "/innstillinger.php": "settings",
    NEW_USER_PATH: "new_user",
    "/timeoversikt.php": "hours",
    "/kalender.php": "calendar",
    "/nyheter.php": "news",
}
# Files are given by the web server itself, without the club's program behind it.
# An icon of one pixel.
FILES = {
    "/favicon.ico": bytes.fromhex(
        "00000100010001010000010020003000000016000000280000000100000002000000010020000000000004000000"
        "000000000000000000000000000000002e8b57ff00000000"
    )
}
MEMBERS_ONLY = {"/innstillinger.php"}
VISITORS_ONLY = {NEW_USER_PATH}


@dataclass(frozen=True)
class Visit:
    """A request, as far as the club looks at it."""

    method: str
    path: str
    query: Mapping[str, str]
    cookies: Mapping[str, str] = field(default_factory=dict[str, str])
    form: bytes = b""

    @cached_property
    def action(self) -> Action:
        """What it asks for."""
        if self.path in {"/", "/index.php"}:
            return Action.LOGIN if self.method == "POST" else Action.INDEX
        if self.path == "/logout.php":
            return Action.LOGOUT
        if self.path != "/timeinfo.php":
            return Action.JOIN if (self.method, self.path) == ("POST", NEW_USER_PATH) else Action.PAGE
        return next((action for name, action in ACTION_PARAMETERS.items() if name in self.query), Action.VIEW)

    @property
    def is_for_file(self) -> bool:
        """Whether it asks for a file, for which the club has no work to do."""
        return self.path in FILES

    @cached_property
    def session_key(self) -> SessionKey | None:
        """The session that it names, whether the club has it or not."""
        timeid, start = self.query.get("timeid", ""), parse_spilletid(self.query.get("spilletid", ""))
        if start is None or not (timeid.isascii() and timeid.isdigit()):
            return None
        return SessionKey(int(timeid), start)

    @property
    def words(self) -> Words:
        """The language that it asks for."""
        return words_for(self.query.get("lang"))

    def other_language_href(self) -> str:
        """The same page in the other language, without repeating any action."""
        query = {name: value for name, value in self.query.items() if name not in ACTION_PARAMETERS}
        query["lang"] = "no" if self.words.lang == "en" else "en"
        return f".{'/index.php' if self.path == '/' else self.path}?{urlencode(query, safe=':')}"


@dataclass(frozen=True)
class Reply:
    """The club's answer, and what the record keeps of it."""

    verdict: Verdict
    page: Callable[[], bytes] = bytes
    status: int = 200
    location: str | None = None
    cookies: tuple[SetCookie, ...] = ()
    member_id: int | None = None

    @cached_property
    def body(self) -> bytes:
        """The page, which is written when it is first asked for: what was decided does not wait for it.

        As with any site whose pages are made after the deed, it may show what others did in between.
        """
        return self.page()


class _Content(NamedTuple):
    """What was decided, and the middle of the page that says so."""

    verdict: Verdict
    write: Callable[[], bytes]
    notices: tuple[Markup, ...] = ()


class Site:
    """The club's pages and actions. `answer` is the one place where anything is decided; pages are written later."""

    def __init__(self, model: ClubModel, pages: Pages, logins: Logins) -> None:
        self._model = model
        self._pages = pages
        self._logins = logins
        self._knobs = Knobs()
        self._left_to_lose = 0

    def use(self, knobs: Knobs) -> None:
        """Behave as these knobs say from now on."""
        self._knobs = knobs
        self._left_to_lose = knobs.lose_accepted

    def member_of(self, cookies: Mapping[str, str], now_ns: int) -> int | None:
        """Whose login a request carries, if it is still good."""
        login = self._login(cookies, now_ns)
        return login.member_id if login else None

    def answer(self, visit: Visit, now_ns: int) -> Reply:
        """Decide, as of the instant `now_ns`; the answer's page is written when its `body` is asked for."""
        if visit.is_for_file:
            return Reply(Verdict.VIEWED, lambda: FILES[visit.path])
        if visit.action is Action.LOGIN:
            return self._log_in(visit, now_ns)
        login = self._login(visit.cookies, now_ns)
        member_id = login.member_id if login else None
        if visit.action is Action.LOGOUT:
            self._logins.close(visit.cookies)
            href = f"index.php?loggetut=1&lang={visit.words.lang}"
            return Reply(Verdict.LOGGED_OUT, status=302, location=href, member_id=member_id)
        content = self._content(visit, member_id, now_ns)
        frame = Frame(visit.words, member_id is not None, content.notices, visit.other_language_href())
        page = partial(self._page, frame, content.write, now_ns)
        status = 404 if visit.action is Action.PAGE and visit.path not in PLAIN_PAGES else 200
        cookies = tuple(self._logins.renew(login, visit.cookies)) if login else ()
        return Reply(content.verdict, page, status, cookies=cookies, member_id=member_id)

    def _page(self, frame: Frame, write: Callable[[], bytes], now_ns: int) -> bytes:
        return rebuilt(self._pages.page(frame, write(), now_ns), self._knobs.rebuilt)

    def _login(self, cookies: Mapping[str, str], now_ns: int) -> Login | None:
        login = self._logins.find(cookies, remembering=self._knobs.remember_login)
        return None if login is None or login.is_over(now_ns, self._knobs.login_expires_s) else login

    def _content(self, visit: Visit, member_id: int | None, now_ns: int) -> _Content:
        words = visit.words
        if visit.action is Action.INDEX:
            notices = (words.logged_out,) if visit.query.get("loggetut") else ()
            week = _week(visit.query.get("uke", ""))
            timetable = partial(self._pages.timetable, words, week, now_ns, anonymous=member_id is None)
            return _Content(Verdict.VIEWED, timetable, notices)
        if visit.path == NEW_USER_PATH and member_id is None:
            return self._new_user(visit)
        if visit.action in {Action.PAGE, Action.JOIN}:
            return _Content(Verdict.VIEWED, partial(self._plain_page, visit, logged_in=member_id is not None))
        return self._session_content(visit, member_id, now_ns)

    def _session_content(self, visit: Visit, member_id: int | None, now_ns: int) -> _Content:
        words = visit.words
        session = self._session(visit)
        verdict = self._act(visit, session, member_id, now_ns)
        if session is None or verdict is Verdict.NOT_OWN_ID:
            return _Content(verdict, partial(self._pages.simple, words.info, words.error))
        if verdict is Verdict.SIGNED_UP and member_id is not None and self._left_to_lose:
            return self._accept_and_lose(session, words, member_id, now_ns)
        return _Content(verdict, partial(self._pages.session, words, session, member_id, now_ns))

    def _accept_and_lose(self, session: Session, words: Words, member_id: int, now_ns: int) -> _Content:
        """The page shows the place that is lost as soon as it is written."""
        content = self._pages.session(words, session, member_id, now_ns)
        self._left_to_lose -= 1
        self._model.unseat(session, member_id, now_ns, "lost")
        return _Content(Verdict.SIGNED_UP, lambda: content)

    def _session(self, visit: Visit) -> Session | None:
        padded = hour_is_padded(visit.query.get("spilletid", ""))
        key = visit.session_key
        wrong = {HourStyle.PADDED_ONLY: not padded, HourStyle.UNPADDED_ONLY: padded and key and key.start.hour < 10}
        if key is None or wrong.get(self._knobs.hours):
            return None
        return self._model.find(key)

    def _act(self, visit: Visit, session: Session | None, member_id: int | None, now_ns: int) -> Verdict:
        """Do what an action link asks for; a page that is only looked at is `viewed`."""
        if session is None:
            return Verdict.UNKNOWN_SESSION
        if visit.action is Action.VIEW:
            return Verdict.VIEWED
        if member_id is None:
            return Verdict.NOT_LOGGED_IN
        if any(name in visit.query and visit.query[name] != str(member_id) for name in ACTION_PARAMETERS):
            return Verdict.NOT_OWN_ID
        return self._model.act(visit.action, session, member_id, now_ns)

    def _plain_page(self, visit: Visit, *, logged_in: bool) -> bytes:
        words, name = visit.words, PLAIN_PAGES.get(visit.path)
        hidden = visit.path in (VISITORS_ONLY if logged_in else MEMBERS_ONLY)
        if name is None or hidden:
            return self._pages.simple(words.home, words.error)
        heading: Markup = getattr(words, name)
        return self._pages.simple(heading, words.practice)

    def _new_user(self, visit: Visit) -> _Content:
        """The form, or what came of it."""
        words = visit.words
        if visit.action is not Action.JOIN:
            return _Content(Verdict.VIEWED, partial(self._pages.new_user, words, "", ""))
        fields = self._fields(visit.form)
        member, notice = admit(self._model, fields, words)
        if member is not None:
            return _Content(Verdict.JOINED, partial(self._pages.simple, words.new_user, notice))
        form = partial(self._pages.new_user, words, fields.get("navn", ""), fields.get("email", ""))
        return _Content(Verdict.JOIN_REFUSED, form, (notice,))

    def _log_in(self, visit: Visit, now_ns: int) -> Reply:
        """The answer to the login form is the front page; only here stands "Du er n&aring; innlogget som"."""
        words, member = visit.words, self._who_logs_in(visit.form)
        notice = words.logged_in.format(name=member.short_name) if member else words.refused
        frame = Frame(words, member is not None, (notice,), visit.other_language_href())
        timetable = partial(self._pages.timetable, words, 0, now_ns, anonymous=member is None)
        page = partial(self._page, frame, timetable, now_ns)
        if member is None:
            return Reply(Verdict.LOGIN_REFUSED, page)
        cookies = self._logins.open(member, now_ns, raw_email=self._knobs.cookie_raw_email)
        return Reply(Verdict.LOGGED_IN, page, cookies=tuple(cookies), member_id=member.id)

    def _who_logs_in(self, form: bytes) -> Member | None:
        """The member whose address and PIN the form holds."""
        fields = self._fields(form)
        email, pin = fields.get("email", ""), fields.get("password", "")
        member = self._model.member_by_email(email)
        return member if member and pin and member.pin.get_secret_value() == pin else None

    def _fields(self, form: bytes) -> dict[str, str]:
        """A form's fields. Letters are read in the page's charset, as PHP does."""
        fields = parse_qs(form.decode("latin-1"), encoding=self._knobs.form_charset, errors="replace")
        return {name: values[-1] for name, values in fields.items()}


def _week(text: str) -> int:
    """Weeks ahead, as `uke=` says; anything odd is this week."""
    return min(int(text), 520) if text.isascii() and text.isdigit() and len(text) < 5 else 0
