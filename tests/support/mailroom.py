"""Where messages arrive: a real SMTP server and a real HTTP receiver on loopback, and a notifier that is pushed to."""

import asyncio
import email
import gzip
import json
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import default as mail_policy
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from aiosmtpd.smtp import SMTP, Envelope
from pydantic import HttpUrl, SecretStr
from support.booking_desk import PUSH_SECRET, ShiftedClock, clock_at

from autotennis.adapters.clubs.registry import open_club
from autotennis.adapters.local.door import SecretDoor
from autotennis.adapters.local.family import LocalFamily, open_local
from autotennis.adapters.system import SystemIds
from autotennis.domain.booking import Booking, Wish, requested
from autotennis.domain.channel import (
    Channel,
    ChannelAddress,
    EmailAddress,
    Level,
    Telling,
    WebhookAddress,
)
from autotennis.domain.club import ClubRules
from autotennis.domain.member import Member
from autotennis.events import Booked, Event, Failed, SweepDue, dump
from autotennis.member_secrets import keep_channel_address
from autotennis.ports import Ports
from autotennis.push import seal_envelope
from autotennis.serving import listening
from autotennis.values import Activity, Failure, FailureReason, Proof, Seen, Session
from autotennis_notifier.app import create_app
from autotennis_notifier.outgoing import Pace
from autotennis_notifier.settings import NotifierSettings

NOW = datetime.fromisoformat("2026-11-30T12:00:00+01:00")
CLUB = ClubRules(id="ntnui-tennis", name="NTNUI Tennis", base_url=HttpUrl("https://club.example/"), address="Dragvoll")
SESSION = Session(timeid=194, start=datetime(2026, 12, 3, 18))
SEEN = Seen(place="Dragvoll idrettssenter", court="Bane 2", level="Viderekomne", activity=Activity.TENNIS)
SIGNING_SECRET = "whsec_" + "0123456789abcdef" * 3
PUBLIC_URL = "https://book.example.org"
# Tests wait for what is told, so little is gathered unless they ask for it.
QUICK = Pace(window_s=0.0, longest_s=0.0)


@dataclass
class Post:
    """What the receiver was sent."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def told(self) -> dict[str, Any]:
        """What the body says."""
        return json.loads(self.body)


@dataclass
class Receiver:
    """An HTTP receiver. Under `/hang` it answers only when it is let go, under `/status/N` with that status.

    Under `/bomb` it answers with little that unpacks to very much, under `/endless` it never comes to an end.
    """

    url: str = ""
    posts: list[Post] = field(default_factory=list[Post])
    let_go: asyncio.Event = field(default_factory=asyncio.Event)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, request: web.Request) -> web.StreamResponse:
        """Notes what came, and answers."""
        self.posts.append(Post(request.path, dict(request.headers), await request.read()))
        self.arrived.set()
        if request.path.startswith("/hang"):
            await self.let_go.wait()
        if request.path.startswith("/bomb"):
            return web.Response(body=packed_noughts(), headers={"Content-Encoding": "gzip"})
        if request.path.startswith("/endless"):
            return await _endless(request)
        if request.path == "/elsewhere":
            # Whoever follows it posts once more.
            return web.Response(status=307, headers={"Location": f"{self.url}/hook"})
        _, _, status = request.path.partition("/status/")
        return web.Response(status=int(status or 200))

    def at(self, path: str) -> list[Post]:
        """What came to that path."""
        return [one for one in self.posts if one.path == path]


def packed_noughts(millions: int = 400) -> bytes:
    """So many million noughts, packed into a thousandth of that."""
    return gzip.compress(bytes(1_000_000)) * millions


async def _endless(request: web.Request) -> web.StreamResponse:
    answer = web.StreamResponse()
    await answer.prepare(request)
    with suppress(ConnectionError):
        while True:
            await answer.write(bytes(100_000))
    return answer


@dataclass
class MailServer:
    """An SMTP server. It refuses who is called `unknown`, and is busy for who is called `later`."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list[EmailMessage])

    def mails_to(self, address: str) -> Callable[[], list[EmailMessage]]:
        """Asks for what has come for that address so far."""
        return lambda: [mail for mail in self.mails if mail["To"] == address]

    async def handle_RCPT(  # noqa: N802 (as the server calls it)
        self, _server: SMTP, _session: object, envelope: Envelope, address: str, _options: object
    ) -> str:
        """Takes a recipient, or not."""
        if address.startswith("unknown"):
            return "550 no such user here"
        if address.startswith("later"):
            return "450 try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: object, envelope: Envelope) -> str:  # noqa: N802
        """Takes an e-mail."""
        assert isinstance(envelope.content, bytes)
        mail = email.message_from_bytes(envelope.content, policy=mail_policy)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        return "250 taken"


@dataclass
class Mailroom:
    """What a test needs to have members told."""

    ports: Ports
    family: LocalFamily
    clock: ShiftedClock
    receiver: Receiver
    server: MailServer
    http: aiohttp.ClientSession
    url: str = ""
    ids: SystemIds = field(default_factory=SystemIds)

    def member(self, language: str = "en", telling: Telling | None = None, **more: Any) -> Member:
        """A member without any channel."""
        made = Member(
            id=self.ids.new(),
            email=f"{self.ids.new()}@example.org",
            password_hash="unused",
            language=language,
            created_at=self.clock.now(),
            telling=telling or Telling(),
            **more,
        )
        self.ports.store.add_member(made)
        return made

    def channel(self, member: Member, address: ChannelAddress, level: Level = Level.EVERYTHING, **more: Any) -> Channel:
        """One more channel of the member."""
        made = Channel(
            id=self.ids.new(), kind=address.kind, label=address.kind.value, level=level, since=self.clock.now(), **more
        )
        keep_channel_address(self.ports.vault, member.id, made.id, address)
        self.ports.store.change_member(member.id, lambda it: it.with_channel(made))
        return made

    def by_email(self, member: Member, name: str = "ola", level: Level = Level.EVERYTHING, **more: Any) -> Channel:
        """A channel of e-mail."""
        return self.channel(member, EmailAddress(email=SecretStr(f"{name}@example.org")), level, **more)

    def by_webhook(self, member: Member, path: str = "/hook", level: Level = Level.EVERYTHING, **more: Any) -> Channel:
        """A channel to the receiver."""
        url = SecretStr(self.receiver.url + path)
        return self.channel(member, WebhookAddress(url=url, secret=SecretStr(SIGNING_SECRET)), level, **more)

    def booking(self, member: Member, session: Session = SESSION, seen: Seen = SEEN, **more: Any) -> Booking:
        """A booking of the session."""
        wish = Wish(
            member_id=member.id,
            club_id=CLUB.id,
            session=session,
            opening_at=self.clock.now() + timedelta(hours=1),
            seen=seen,
            **more,
        )
        change = requested(self.ids.new(), wish, self.clock.now())
        self.ports.store.create(change)
        return change[0]

    async def push(self, event: Event, url: str = "") -> int:
        """Delivers an event as the bus does; gives the status of the answer."""
        headers = {"Authorization": f"Bearer {PUSH_SECRET.get_secret_value()}"}
        body = seal_envelope(dump(event), "1", "test", 1, "")
        async with self.http.post(f"{url or self.url}/events", data=body, headers=headers) as response:
            return response.status

    async def told(self, event: Event, times: int = 3) -> None:
        """Delivers an event so many times, all at once, and waits until each is taken."""
        statuses = await asyncio.gather(*(self.push(event) for _ in range(times)))
        assert set(statuses) == {204}, statuses

    async def swept(self, later: timedelta = timedelta(0)) -> None:
        """Time passes, and the notifier looks for what is due."""
        self.clock.advance(later)
        assert await self.push(SweepDue(at=self.clock.now())) == 204

    def now(self, channel: Channel, member: Member) -> Channel:
        """The channel as it is now."""
        found = self.ports.store.member(member.id).channel(channel.id)
        assert found
        return found


def settings_of(server: MailServer, **more: Any) -> NotifierSettings:
    """Settings with which everything can be sent on this machine."""
    given: dict[str, Any] = {
        "clubs": (CLUB,),
        "push_secret": PUSH_SECRET,
        "public_url": PUBLIC_URL,
        "link_secret": SecretStr("l" * 32),
        "smtp_url": SecretStr(f"smtp://127.0.0.1:{server.port}"),
        "mail_from": "Autotennis <booking@club.example>",
        "private_receivers": True,
        **more,
    }
    return NotifierSettings.model_validate(given)


@asynccontextmanager
async def mailroom(
    directory: Path, pace: Pace = QUICK, now: datetime = NOW, **settings: Any
) -> AsyncGenerator[Mailroom]:
    """A notifier with receivers of every kind; the clock begins at `now`."""
    clock = clock_at(now)
    async with receiving() as receiver, taking_mail() as server, aiohttp.ClientSession() as http:
        with open_local(directory, clock) as family:
            clubs = {CLUB.id: open_club(CLUB, "Autotennis/test", clock)}
            door = SecretDoor(PUSH_SECRET)
            ports = Ports(family.store, family.bus, family.wake, family.vault, clock, SystemIds(), clubs, door)
            room = Mailroom(ports, family, clock, receiver, server, http)
            async with another_notifier(room, pace, **settings) as room.url:
                yield room


@asynccontextmanager
async def another_notifier(room: Mailroom, pace: Pace = QUICK, **settings: Any) -> AsyncGenerator[str]:
    """A notifier that knows nothing of what others did; gives its address."""
    app = create_app(room.ports, settings_of(room.server, **settings), pace)
    async with listening(app, "127.0.0.1", 0) as url:
        yield url


@asynccontextmanager
async def receiving() -> AsyncGenerator[Receiver]:
    """An HTTP receiver on loopback."""
    receiver = Receiver()
    app = web.Application()
    app.router.add_post("/{path:.*}", receiver.take)
    async with listening(app, "127.0.0.1", 0) as receiver.url:
        try:
            yield receiver
        finally:
            receiver.let_go.set()


@asynccontextmanager
async def taking_mail() -> AsyncGenerator[MailServer]:
    """An SMTP server on loopback."""
    mails = MailServer()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(mails, hostname="mail.test", loop=loop), "127.0.0.1", 0)
    mails.port = server.sockets[0].getsockname()[1]
    try:
        yield mails
    finally:
        server.close()
        await server.wait_closed()


def booked(booking: Booking, room: Mailroom) -> Booked:
    """The fact that it was won."""
    now = room.clock.now()
    return Booked(**booking.about(now), proof=Proof(seen_at=now))


def failed(booking: Booking, room: Mailroom, reason: FailureReason = FailureReason.FULL) -> Failed:
    """The fact that it came to nothing."""
    return Failed(**booking.about(room.clock.now()), failure=Failure(reason=reason))


def text_of(mail: EmailMessage) -> str:
    """The e-mail's plain text."""
    part = mail.get_body(("plain",))
    assert isinstance(part, EmailMessage)
    return part.get_content()


def html_of(mail: EmailMessage) -> str:
    """The e-mail's HTML."""
    part = mail.get_body(("html",))
    assert isinstance(part, EmailMessage)
    return part.get_content()


def subjects(mails: Sequence[EmailMessage]) -> list[str]:
    """What the e-mails are about."""
    return [str(one["Subject"]) for one in mails]
