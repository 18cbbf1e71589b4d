"""Writes letters: one fact with all that a person needs, or many in a list."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from autotennis.domain.booking import Booking, State
from autotennis.domain.channel import Channel
from autotennis.domain.club import ClubRules
from autotennis.domain.member import Member
from autotennis.domain.message import Message, MessageAbout
from autotennis.domain.session import starts_at
from autotennis.errors import NotFound, VaultLocked
from autotennis.events import Booked, PlaceOffered, dump
from autotennis.member_secrets import door_code_of
from autotennis.ports import Ports
from autotennis_notifier import words
from autotennis_notifier.entry import entry_for
from autotennis_notifier.letter import Letter, letter_id
from autotennis_notifier.links import Link, Links
from autotennis_notifier.settings import NotifierSettings
from autotennis_notifier.speech import Speech, speech_in
from autotennis_notifier.words import Scene

# So many facts are listed in one letter; of the others only the number is told.
LISTED: Final = 20


@dataclass(frozen=True, slots=True)
class _Page:
    """What the templates put together."""

    subject: str
    language: str
    sentences: Sequence[str]
    brief: str
    rows: Sequence[tuple[str, str]]
    actions: Sequence[Link]
    pages: Sequence[Link]
    feet: Sequence[Link]
    silence: str


class Writer:
    """Puts facts into words, in the language of who reads them."""

    def __init__(self, ports: Ports, settings: NotifierSettings) -> None:
        self._ports = ports
        self._links = Links(settings)
        self._templates = Environment(
            loader=PackageLoader("autotennis_notifier"),
            autoescape=select_autoescape(["html"]),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def still_needed(self, batch: Sequence[Message]) -> Sequence[Message]:
        """Those that are of use to somebody now: no reminder of a place that was given back, no offer that is over."""
        return [one for one in batch if self._is_needed(one)]

    def letter(self, member: Member, channel: Channel, batch: Sequence[Message]) -> Letter:
        """The letter that tells these through this channel."""
        speech = speech_in(member.language)
        return (
            self._single(member, channel, batch[0], speech) if len(batch) == 1 else self._list(channel, batch, speech)
        )

    def _is_needed(self, message: Message) -> bool:
        now = self._ports.clock.now()
        if isinstance(message.fact, PlaceOffered):
            return now < message.fact.until
        if message.about is not MessageAbout.REMINDER:
            return True
        booking, club = self._booking(message), self._club(message)
        if booking is None or club is None or booking.state is not State.BOOKED:
            return False
        under_way = booking.withdrawal is not None and booking.withdrawal.is_under_way
        return not under_way and now < starts_at(booking.session, club.zone)

    def _single(self, member: Member, channel: Channel, message: Message, speech: Speech) -> Letter:
        scene = Scene(message, self._club(message), self._booking(message), speech, channel.confirmed)
        link, code = self._links.page_of(scene), self._door_code(member, channel, message)
        subject, told = words.subject(scene), words.told(scene)
        silence = self._silence(member.id, channel)
        page = _Page(
            subject=subject,
            language=speech.language,
            sentences=told.sentences,
            brief=" ".join([*told.sentences, *([f"{speech.gettext('Door code')}: {code}"] if code else [])]),
            rows=self._rows(scene, code),
            actions=self._links.acting(scene),
            pages=self._pages(scene, link),
            feet=self._feet(silence, speech),
            silence=silence,
        )
        payload = {**_public(message), "door_code": code} if code else _public(message)
        return self._finished(page, [message], payload, link=link, calendar=self._entry(scene, link))

    def _list(self, channel: Channel, batch: Sequence[Message], speech: Speech) -> Letter:
        shown = [Scene(one, self._club(one), self._booking(one), speech) for one in batch[:LISTED]]
        lines = [(words.subject(scene), _first(words.told(scene).sentences)) for scene in shown]
        more = len(batch) - len(shown)
        counts = Counter(words.told(Scene(one, self._club(one), None, speech)).verdict for one in batch)
        tally = ", ".join(f"{verdict}: {count}" for verdict, count in counts.most_common())
        say, silence = speech.gettext, self._silence(batch[0].member_id, channel)
        page = _Page(
            subject=speech.ngettext("%(num)s message from Autotennis", "%(num)s messages from Autotennis", len(batch)),
            language=speech.language,
            sentences=[tally, *([speech.ngettext("and %(num)s more", "and %(num)s more", more)] if more else [])],
            brief=tally,
            rows=lines,
            actions=[],
            pages=[Link(say("See all your bookings"), self._links.agenda)] if self._links.agenda else [],
            feet=self._feet(silence, speech),
            silence=silence,
        )
        summary = {"kind": "Summary", "version": 1, "count": len(batch), "counts": counts}
        payload = {**summary, "events": [_public(one) for one in batch]}
        return self._finished(page, batch, payload, link=self._links.agenda)

    def _finished(
        self,
        page: _Page,
        batch: Sequence[Message],
        payload: Mapping[str, Any],
        *,
        link: str,
        calendar: bytes | None = None,
    ) -> Letter:
        text = self._templates.get_template("letter.txt").render(page=page).strip() + "\n"
        told = {"subject": page.subject, "text": text, "language": page.language, "link": link}
        return Letter(
            id=letter_id([one.id for one in batch]),
            language=page.language,
            subject=page.subject,
            text=text,
            brief=page.brief,
            html=self._templates.get_template("letter.html").render(page=page),
            payload={**payload, **told},
            link=link,
            silence=page.silence,
            calendar=calendar,
            urgent=any(one.urgent for one in batch),
        )

    def _rows(self, scene: Scene, code: str) -> list[tuple[str, str]]:
        """What, when and where, as far as it is known, and how to get in."""
        if scene.session is None:
            return []
        say = scene.speech.gettext
        place = words.where(scene) or (scene.club.address if scene.club else "")
        rows = [
            (say("What"), ", ".join(part for part in (words.what(scene), words.level(scene)) if part)),
            (say("When"), scene.speech.long_when(scene.session.start)),
            (say("Where"), place),
            (say("Club"), scene.club.name if scene.club else ""),
            (say("Door code"), code),
        ]
        return [(name, value) for name, value in rows if value]

    def _pages(self, scene: Scene, link: str) -> list[Link]:
        say = scene.speech.gettext
        pages = [Link(say("See it in Autotennis"), link)] if link else []
        club = self._ports.clubs.get(scene.club.id) if scene.club else None
        if club and scene.session:
            pages.append(Link(say("The session's page at the club"), club.link(scene.session)))
        return pages

    def _silence(self, member_id: str, channel: Channel) -> str:
        return self._links.silencing(member_id, channel, self._ports.clock.now())

    def _feet(self, silence: str, speech: Speech) -> list[Link]:
        """Where a reader decides about further letters."""
        say, settings = speech.gettext, self._links.settings
        chosen = [Link(say("Choose what you are told"), settings)] if settings else []
        return [*chosen, Link(say("No more messages here"), silence)] if silence != settings else chosen

    def _entry(self, scene: Scene, link: str) -> bytes | None:
        """Where a place was won: what is put into a calendar."""
        if not isinstance(scene.message.fact, Booked) or scene.booking is None or scene.club is None:
            return None
        title = ", ".join(part for part in (words.what(scene), scene.club.name) if part)
        return entry_for(scene.booking, scene.club, title, link)

    def _door_code(self, member: Member, channel: Channel, message: Message) -> str:
        """How to get in, where the member allows it in this channel."""
        if not channel.door_code or not isinstance(message.fact, Booked):
            return ""
        with suppress(VaultLocked):
            code = door_code_of(self._ports.vault, member.id, message.booking_id)
            return code.get_secret_value() if code else ""
        return ""

    def _club(self, message: Message) -> ClubRules | None:
        club = self._ports.clubs.get(getattr(message.fact, "club_id", ""))
        return club.rules if club else None

    def _booking(self, message: Message) -> Booking | None:
        if not message.booking_id:
            return None
        with suppress(NotFound):
            return self._ports.store.booking(message.booking_id)
        return None


def _public(message: Message) -> dict[str, Any]:
    """The fact as programs are told it."""
    fact: dict[str, Any] = json.loads(dump(message.fact))
    kind = "SessionReminder" if message.about is MessageAbout.REMINDER else message.fact.kind
    return {"id": message.id.rpartition("/")[0], **fact, "kind": kind}


def _first(sentences: Sequence[str]) -> str:
    return sentences[0] if sentences else ""
