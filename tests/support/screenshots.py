"""Takes pictures of every page, in a real browser before the real program and a practice club with a plausible week."""

import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, sync_playwright
from pydantic import SecretStr
from support.api_site import (
    CLUB_ID,
    NOTHING_SENT,
    PASSWORD,
    PIN,
    ClubBeside,
    api_settings,
    claim,
    club_beside,
    find_full,
    offer,
    served,
    win,
)

from autotennis.domain.booking import Budget, Outcome
from autotennis.domain.group import Companion, founded
from autotennis.domain.member import Credentials, Member
from autotennis.domain.session import parse_link, start_text
from autotennis.ports import Ports
from autotennis.values import (
    Action,
    Attempt,
    ClockReading,
    Failure,
    FailureReason,
    Plan,
    PlanBasis,
    Session,
    Verdict,
    VerdictKind,
    WaitingWish,
)
from autotennis.wiring import open_ports
from autotennis_api import handlers, weekly
from autotennis_api.accounts import Accounts, Registration
from autotennis_api.handlers import Preview, Wanted, Wishes
from autotennis_api.invitations import Pass
from autotennis_api.tries import Tries
from practice_club.orders import NewSession
from practice_club.vocabulary import Kind, Level

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
OPTIONS = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync")
SIZES = {"phone": (390, 844), "desk": (1280, 800)}
LANGUAGES = ("en", "nb")
ASK = WaitingWish(ask_min=15)
OUTCOME = Outcome(
    timeline=(
        Attempt(action=Action.LOG_IN, sent_ms=-90_012, latency_ms=32, verdict=Verdict(kind=VerdictKind.LOGGED_IN)),
        Attempt(action=Action.SIGN_UP, sent_ms=-0.9, latency_ms=28, verdict=Verdict(kind=VerdictKind.NOT_OPEN)),
        Attempt(action=Action.SIGN_UP, sent_ms=0.6, latency_ms=27, verdict=Verdict(kind=VerdictKind.SIGNED_UP)),
        Attempt(action=Action.LOOK, sent_ms=31, latency_ms=26, verdict=Verdict(kind=VerdictKind.SIGNED_UP)),
    ),
    clock=ClockReading(offset_ms=1370.2, bound_ms=1.1, round_trip_ms=12, probes=13),
    plan=Plan(basis=PlanBasis.MEASURED, shots_ms=(-0.9, 0.6, 2.1), uncertain_ms=2.2),
)


@dataclass(frozen=True)
class Played:
    """A member with some of everything, and the pages that are worth a picture, by their names."""

    email: str
    pages: Mapping[str, str]


@dataclass(frozen=True)
class Scene:
    """Sessions of the club: those that are booked, and one that is only looked at."""

    booked: Sequence[Session]
    shown: Session


def scene(club: ClubBeside, today: date) -> Scene:
    """Sessions of the coming days, at hours when people play."""

    def add(days: int, hour: int, **facts: object) -> Session:
        starts = f"{today + timedelta(days=days):%Y%m%d}T{hour}:00:00"
        link = club.add_session(NewSession.model_validate({"starts": starts, **facts}))[1]
        return parse_link(link, [club.rules()])[1]

    padel = {"kind": Kind.PADEL, "level": Level.P, "place": "Blåfjell padelhall"}
    booked = [
        add(5, 19, **padel),
        add(1, 17, level=Level.M),
        add(2, 21, level=Level.M_PLUS, taken=1),
        add(2, 17, level=Level.M, taken=3),
        add(1, 21, level=Level.E),
        add(4, 17, level=Level.M),
    ]
    return Scene(booked, add(6, 17, level=Level.M))


class Stage:
    """Sets up what is on the pictures."""

    def __init__(self, ports: Ports, club: ClubBeside, language: str, played: Scene) -> None:
        self._ports = ports
        self._scene = played
        self._club = club
        self._language = language
        self._tries = Tries(ports.store, ports.clock, club_logins_per_hour=100)

    def register(self, name: str, number: int) -> Member:
        """An account of a member of the club."""
        email = f"{name.split()[0].lower()}.{self._language}@example.org"
        self._club.add_member(email, name=name)
        at_club = Credentials(email=email, password=SecretStr(PIN))
        asked = Registration(CLUB_ID, at_club, SecretStr(PASSWORD), self._language, f"192.0.2.{number}")
        Accounts(self._ports, self._tries).register(asked, Pass())
        member = self._ports.store.member_by_email(email)
        assert member is not None
        return member

    def play(self) -> Played:
        """One booking of each kind, a series and a group."""
        member = self.register("Kari Fjellvåg", 1 + LANGUAGES.index(self._language))
        padel, booked, waiting, asked, failed, _ = (self._book(member, session) for session in self._scene.booked)
        claim(self._ports, booked)
        win(self._ports, booked, Budget(requests=9, sign_ups=3), OUTCOME)
        self._ports.vault.put(member.id, f"door-code/{booked}", SecretStr("Kode for tilgang til bygget: 8520#"))
        find_full(self._ports, waiting)
        offer(self._ports, asked)
        self._fail(failed)
        series, group = self._repeat(member), self._found(member)
        shown = self._scene.shown
        pages = {
            "agenda": "/",
            "week": "/week",
            "preview": f"/bookings/new?club={CLUB_ID}&timeid={shown.timeid}&start={start_text(shown)}",
            "planned": f"/bookings/{padel}",
            "booked": f"/bookings/{booked}",
            "waiting": f"/bookings/{waiting}",
            "asked": f"/bookings/{asked}",
            "failed": f"/bookings/{failed}",
            "series": f"/series/{series}",
            "group": f"/groups/{group}",
            "settings": "/settings",
        }
        return Played(member.email, pages)

    def _book(self, member: Member, session: Session) -> str:
        return handlers.request(self._ports, member, self._look(member, session), Wishes(ASK)).id

    def _look(self, member: Member, session: Session) -> Preview:
        return handlers.preview(self._ports, self._tries, member, Wanted(CLUB_ID, session, 5.0))

    def _repeat(self, member: Member) -> str:
        return weekly.begin(self._ports, member, self._look(member, self._scene.shown), Wishes(ASK)).id

    def _fail(self, booking_id: str) -> None:
        claim(self._ports, booking_id)
        now, refused = self._ports.clock.now(), Failure(reason=FailureReason.LOGIN_REFUSED)
        self._ports.store.change(booking_id, lambda it: it.failed(refused, NOTHING_SENT, Outcome(), now))

    def _found(self, member: Member) -> str:
        now, ids = self._ports.clock.now(), self._ports.ids
        owner = Companion(member_id=member.id, name="Kari", since=now)
        group = founded(ids.new(), "Tuesday doubles", owner, ids.new())
        for number, name in enumerate(("Ingvild", "Pål"), start=1):
            friend = self.register(f"{name} Tindelund", 10 * number + LANGUAGES.index(self._language))
            group = group.joined(friend.id, name, now)
        self._ports.store.add_group(group)
        return group.id


PUBLIC = {"welcome": "/", "sign-in": "/sign-in", "register": "/register"}


class Photographer:
    """Takes the pictures into a directory; a name says what is on it, on what, how and in which language."""

    def __init__(self, browser: Browser, address: str, directory: Path) -> None:
        self._browser = browser
        self._address = address
        self._directory = directory

    def take_all(self, played: Mapping[str, Played]) -> int:
        """Every page in every way; gives how many pictures that are."""
        looks = [(size, dark, language) for size in SIZES for dark in (False, True) for language in LANGUAGES]
        return sum(self._take(size, dark, played[language], language) for size, dark, language in looks)

    def _take(self, size: str, dark: bool, played: Played, language: str) -> int:
        width, height = SIZES[size]
        context = self._browser.new_context(
            base_url=self._address,
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            locale=language,
            timezone_id="Europe/Oslo",
        )
        ending = f"{size}-{'dark' if dark else 'light'}-{language}"
        self._shoot(context, PUBLIC, ending)
        page = context.new_page()
        page.goto("/sign-in")
        page.locator("#email").fill(played.email)
        page.locator("#password").fill(PASSWORD)
        page.locator("main form button[type=submit]").click()
        page.wait_for_url("**/")
        self._shoot(context, played.pages, ending)
        context.close()
        return len(PUBLIC) + len(played.pages)

    def _shoot(self, context: BrowserContext, pages: Mapping[str, str], ending: str) -> None:
        page = context.new_page()
        for name, path in pages.items():
            answer = page.goto(path)
            assert answer is not None
            assert answer.ok, (path, answer.status)
            page.wait_for_load_state()
            page.screenshot(path=self._directory / f"{name}-{ending}.png")
        page.close()


def main(arguments: Sequence[str]) -> None:
    """Takes the pictures into the directory that is named."""
    directory = Path(arguments[0])
    directory.mkdir(parents=True, exist_ok=True)
    found = next((path for name in PROGRAMS if (path := shutil.which(name))), None)
    if found is None:
        sys.exit("There is no Chromium here: apt-get install --no-install-recommends chromium fonts-dejavu-core")
    with tempfile.TemporaryDirectory() as data, club_beside(empty=False) as club:
        settings = api_settings(Path(data), club.rules())
        with served(settings) as address, open_ports(settings) as ports:
            today = ports.clock.now().astimezone(club.rules().zone).date()
            set_up = scene(club, today)
            played = {language: Stage(ports, club, language, set_up).play() for language in LANGUAGES}
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=found, args=list(OPTIONS))
                count = Photographer(browser, address, directory).take_all(played)
                browser.close()
    sys.stdout.write(f"{count} pictures are in {directory}.\n")


if __name__ == "__main__":
    main(sys.argv[1:])
