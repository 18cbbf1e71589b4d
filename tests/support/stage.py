"""A practice club with a plausible week, and people who use the pages: what all pages are shown with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

from pydantic import SecretStr
from support.api_site import CLUB_ID, LINK_SECRET, NOTHING_SENT, PASSWORD, PIN, ClubBeside, claim, find_full, offer, win
from support.every_page import Place, Reader
from support.ntnui_links import session_at
from support.past_races import a_past_race, made_operator

from autotennis.action_links import ActionLinks, LinkAction
from autotennis.domain.audit import Deed, DeedKind
from autotennis.domain.booking import Budget, Outcome, State
from autotennis.domain.channel import AppriseAddress, ChannelTrouble, Health, WebhookAddress
from autotennis.domain.channel import Level as HowMuch
from autotennis.domain.group import Companion, Group, founded
from autotennis.domain.member import Credentials, Member
from autotennis.domain.pause import Pause, PauseScope
from autotennis.domain.session import start_text
from autotennis.domain.token import Scope
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
from autotennis_api import channels, handlers, invitations, tokens, weekly
from autotennis_api.accounts import Accounts, Registration
from autotennis_api.channels import Wished
from autotennis_api.handlers import Preview, Wanted, Wishes
from autotennis_api.invitations import Pass
from autotennis_api.tries import Tries
from practice_club.orders import NewSession
from practice_club.vocabulary import Kind, Level

LANGUAGES: Final = ("en", "nb")
ASK: Final = WaitingWish(ask_min=15)
OUTCOME: Final = Outcome(
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
class Texts:
    """What pages show that members, operators, receivers and clubs wrote; `session` is the club's of all sessions."""

    group: str = "Tuesday doubles"
    owner: str = "Kari"
    friends: tuple[str, str] = ("Ingvild", "Pål")
    address: str = "example.org"
    token: str = "Kari's laptop"
    browser: str = "Samsung Internet, Android"
    channels: tuple[str, str] = ("hooks.example.org", "Telegram")
    trouble: str = "status 401"
    pause: str = "On holiday."
    failure: str = ""
    session: Mapping[str, str] = field(default_factory=dict[str, str])


USUAL: Final = Texts()


@dataclass(frozen=True)
class Played:
    """Who looks at the pages, by their addresses, and what the names in the table of pages stand for."""

    emails: Mapping[Reader, str]
    there: Mapping[str, str]

    def path(self, place: Place) -> str:
        """Where that page is."""
        return place.path.format_map(self.there)


@dataclass(frozen=True)
class Scenery:
    """Sessions of the club: those that are booked, and one that is only looked at."""

    booked: Sequence[Session]
    shown: Session


def scenery_of(club: ClubBeside, today: date, texts: Texts = USUAL) -> Scenery:
    """Sessions of the coming days, at hours when people play."""

    def add(days: int, hour: int, **facts: object) -> Session:
        starts = f"{today + timedelta(days=days):%Y%m%d}T{hour}:00:00"
        link = club.add_session(NewSession.model_validate({"starts": starts, **facts, **texts.session}))[1]
        return session_at(club.rules(), link)

    padel = {"kind": Kind.PADEL, "level": Level.P, "place": "Blåfjell padelhall"}
    booked = [
        add(5, 19, **padel),
        add(1, 17, level=Level.M),
        add(2, 21, level=Level.M_PLUS, taken=1),
        add(2, 17, level=Level.M, taken=3),
        add(1, 21, level=Level.E),
        add(4, 17, level=Level.M),
    ]
    return Scenery(booked, add(6, 17, level=Level.M))


class Stage:
    """Sets up what the pages show to a reader of one language."""

    def __init__(self, ports: Ports, club: ClubBeside, language: str, scenery: Scenery, texts: Texts = USUAL) -> None:
        self._ports = ports
        self._scenery = scenery
        self._club = club
        self._language = language
        self._texts = texts
        self._tries = Tries(ports.store, ports.clock, club_logins_per_hour=100)

    def register(self, name: str, number: int) -> Member:
        """An account of a member of the club."""
        email = f"{name.split()[0].lower()}.{self._language}@{self._texts.address}"
        self._club.add_member(email, name=name)
        at_club = Credentials(email=email, password=SecretStr(PIN))
        address = f"192.0.{LANGUAGES.index(self._language)}.{number}"
        asked = Registration(CLUB_ID, at_club, SecretStr(PASSWORD), self._language, address)
        Accounts(self._ports, self._tries).register(asked, Pass())
        member = self._ports.store.member_by_email(email)
        assert member is not None
        return member

    def play(self) -> Played:
        """A member with some of everything, somebody who is new, and an operator."""
        # Whoever comes first of all is an operator.
        operator = self.register("Olaug Vaktmo", 1)
        member, newcomer = self.register("Kari Fjellvåg", 2), self.register("Nils Nyland", 3)
        there = {**self._bookings(member), **self._look_after(operator)}
        there.update(self._groups(member))
        self._make_own(member)
        there.update(self._to_be_told(member, there["planned"]))
        readers = {Reader.NEWCOMER: newcomer, Reader.MEMBER: member, Reader.OPERATOR: operator}
        return Played({reader: one.email for reader, one in readers.items()}, there)

    def _bookings(self, member: Member) -> Mapping[str, str]:
        """One of each kind, and a series."""
        names = ("planned", "booked", "waiting", "asked", "failed", "racing")
        ids = {name: self._book(member, one) for name, one in zip(names, self._scenery.booked, strict=True)}
        claim(self._ports, ids["booked"])
        win(self._ports, ids["booked"], Budget(requests=9, sign_ups=3), OUTCOME)
        code = SecretStr("Kode for tilgang til bygget: 8520#")
        self._ports.vault.put(member.id, f"door-code/{ids['booked']}", code)
        find_full(self._ports, ids["waiting"])
        offer(self._ports, ids["asked"])
        self._fail(ids["failed"])
        claim(self._ports, ids["racing"])
        shown = self._scenery.shown
        preview = f"/bookings/new?club={CLUB_ID}&timeid={shown.timeid}&start={start_text(shown)}"
        return {**ids, "preview": preview, "series": self._repeat(member)}

    def _book(self, member: Member, session: Session) -> str:
        return handlers.request(self._ports, member, self._look(member, session), Wishes(ASK)).id

    def _look(self, member: Member, session: Session) -> Preview:
        return handlers.preview(self._ports, self._tries, member, Wanted(CLUB_ID, session, 5.0))

    def _repeat(self, member: Member) -> str:
        return weekly.begin(self._ports, member, self._look(member, self._scenery.shown), Wishes(ASK)).id

    def _fail(self, booking_id: str) -> None:
        claim(self._ports, booking_id)
        now = self._ports.clock.now()
        refused = Failure(reason=FailureReason.LOGIN_REFUSED, detail=self._texts.failure)
        self._ports.store.change(booking_id, lambda it: it.failed(refused, NOTHING_SENT, Outcome(), now))

    def _groups(self, member: Member) -> Mapping[str, str]:
        group = self._found(member)
        friend = next(one.member_id for one in group.members if one.member_id != member.id)
        return {"group": group.id, "group_invitation": group.invitation, "friend": friend}

    def _found(self, member: Member) -> Group:
        now, ids = self._ports.clock.now(), self._ports.ids
        owner = Companion(member_id=member.id, name=self._texts.owner, since=now)
        group = founded(ids.new(), self._texts.group, owner, ids.new())
        for number, name in enumerate(self._texts.friends, start=4):
            friend = self.register(f"{USUAL.friends[number - 4]} Tindelund", number)
            group = group.joined(friend.id, name, now)
            # One goes where Kari has a place, the other plays something else.
            self._book(friend, self._scenery.booked[number - 3])
        for one in group.members[:2]:
            group = group.shared(one.member_id, now, shares=True)
        self._ports.store.add_group(group)
        return group

    def _make_own(self, member: Member) -> None:
        """Two browsers, and a token."""
        now = self._ports.clock.now()
        for number, browser in enumerate((self._texts.browser, "")):
            sign_in = f"{member.id}-{number}"
            self._ports.store.change_member(member.id, lambda it, i=sign_in, b=browser: it.signed_in(i, b, now))
        asked = tokens.Asked(self._texts.token, (Scope.READ, Scope.BOOK), 90)
        tokens.make(self._ports, self._ports.store.member(member.id), asked)

    def _to_be_told(self, member: Member, booking_id: str) -> Mapping[str, str]:
        """A channel that works, one that does not, and a link of a message."""
        ports, now = self._ports, self._ports.clock.now()
        hook = WebhookAddress(url=SecretStr("https://hooks.example.org/in"), secret=SecretStr("s" * 40))
        everything = Wished(label=self._texts.channels[0], level=HowMuch.EVERYTHING)
        works = channels.add(ports, self._tries, member, hook, everything)
        service = AppriseAddress(url=SecretStr("tgram://123456789:abcdefg_hijklmnop/12315544/"))
        fails = channels.add(ports, self._tries, member, service, Wished(label=self._texts.channels[1]))
        healthy = works.with_health(Health().succeeded(now))
        troubled = fails.with_health(Health().failed(ChannelTrouble.REFUSED, self._texts.trouble, now))
        for one in (healthy, troubled):
            ports.store.change_member(member.id, lambda it, channel=one: it.channel_changed(channel))
        links = ActionLinks(SecretStr(LINK_SECRET))
        link = links.make(LinkAction.CANCEL, member.id, booking_id, now + timedelta(days=1))
        return {"channel": works.id, "link": link.get_secret_value()}

    def _look_after(self, operator: Member) -> Mapping[str, str]:
        """What somebody has done who looks after the installation, and an invitation."""
        made_operator(self._ports, operator)
        now, store = self._ports.clock.now(), self._ports.store
        pause = Pause(scope=PauseScope.MEMBER, about=operator.id, reason=self._texts.pause, at=now, by=operator.id)
        store.change_pauses(lambda it: it.begun(pause))
        deed = Deed(id=f"deed-{operator.id}", at=now, by=operator.id, kind=DeedKind.PAUSED, about=pause.key)
        store.write_down(deed.model_copy(update={"reason": pause.reason}))
        _, secret = invitations.make(self._ports, operator, most=3, days=7)
        self._race_in_the_past()
        return {"invitation_secret": secret}

    def _race_in_the_past(self) -> None:
        for number in range(3):
            a_past_race(self._ports, f"{self._language}-{number}", days=number + 1, sent_ms=4.0 * number)
        a_past_race(self._ports, f"{self._language}-f", days=2, failure=FailureReason.FULL)
        soon = self._ports.clock.now() + timedelta(hours=1)
        a_past_race(self._ports, f"{self._language}-s", opening_at=soon, state=State.SCHEDULED)


def staged(ports: Ports, club: ClubBeside, texts: Texts = USUAL) -> Mapping[str, Played]:
    """The same for a reader of each language."""
    scenery = scenery_of(club, ports.clock.now().astimezone(club.rules().zone).date(), texts)
    return {language: Stage(ports, club, language, scenery, texts).play() for language in LANGUAGES}
