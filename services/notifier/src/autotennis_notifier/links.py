"""Where the links of messages lead to."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final

from autotennis.action_links import PATH, ActionLink, ActionLinks, LinkAction
from autotennis.domain.channel import Channel, ChannelKind
from autotennis.domain.message import Message, MessageAbout
from autotennis.domain.session import starts_at
from autotennis.events import Booked, BookingRequested, PlaceOffered, SeriesInterrupted, SessionFull
from autotennis_notifier.settings import NotifierSettings
from autotennis_notifier.words import Scene

# A link by which a channel is silenced is good for as long as somebody may keep a message.
_SILENCE_FOR: Final = timedelta(days=365)
_CONFIRM_WITHIN: Final = timedelta(days=7)
_WEEK: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Link:
    """Something to press: what it says, and where it leads to."""

    text: str
    url: str


class Links:
    """Makes links. Without a public address there are none, and without a secret none that act."""

    def __init__(self, settings: NotifierSettings) -> None:
        self._root = settings.public_root
        self._actions = ActionLinks(settings.link_secret) if settings.link_secret else None

    @property
    def agenda(self) -> str:
        """Where all of a member's bookings are; empty without a public address."""
        return f"{self._root}/" if self._root else ""

    @property
    def settings(self) -> str:
        """Where a member chooses what they are told."""
        return f"{self._root}/settings/messages" if self._root else ""

    def page_of(self, scene: Scene) -> str:
        """Where there is more about it."""
        if not self._root:
            return ""
        if isinstance(scene.message.fact, SeriesInterrupted):
            return f"{self._root}/series/{scene.message.fact.series_id}"
        return f"{self._root}/bookings/{scene.message.booking_id}" if scene.message.booking_id else self.agenda

    def acting(self, scene: Scene) -> list[Link]:
        """What can be done about it without signing in."""
        return [Link(text, url) for text, link in _deeds(scene) if (url := self._url_of(link))]

    def silencing(self, member_id: str, channel: Channel, now: datetime) -> str:
        """Where a channel of e-mail is silenced without signing in; else, where a member chooses what they are told."""
        if channel.kind is not ChannelKind.EMAIL:
            return self.settings
        # The same all day, so that a letter that is sent again is the same.
        until = datetime.combine(now.date(), time(), UTC) + _SILENCE_FOR
        link = ActionLink(action=LinkAction.SILENCE, member_id=member_id, subject_id=channel.id, until=until)
        return self._url_of(link) or self.settings

    def _url_of(self, link: ActionLink) -> str:
        """Empty where links that act cannot be made."""
        if not self._root or self._actions is None:
            return ""
        token = self._actions.make(link.action, link.member_id, link.subject_id, link.until, link.day)
        return f"{self._root}{PATH}{token.get_secret_value()}"


def _deeds(scene: Scene) -> Iterator[tuple[str, ActionLink]]:
    """What can be done about it: what that is called, and what the link says."""
    say, fact, message = scene.speech.gettext, scene.message.fact, scene.message
    if not scene.confirmed:
        until = message.made_at + _CONFIRM_WITHIN
        yield say("Yes, this is mine"), _about(message, LinkAction.CONFIRM, until, message.channel_id)
    if scene.club is None or scene.session is None:
        return
    starts = starts_at(scene.session, scene.club.zone)
    match fact:
        case PlaceOffered():
            yield say("Yes, sign me up"), _about(message, LinkAction.ACCEPT, fact.until)
            yield say("No, leave it to the next one"), _about(message, LinkAction.DECLINE, fact.until)
        case Booked():
            yield say("Give the place back"), _about(message, LinkAction.CANCEL, starts)
        case BookingRequested() | SessionFull():
            yield say("Cancel this booking"), _about(message, LinkAction.CANCEL, starts)
        case _:
            pass
    series_id = scene.booking.series_id if scene.booking else None
    # Not from a reminder, which is about this week.
    if series_id and isinstance(fact, Booked) and message.about is MessageAbout.FACT:
        skip = _about(message, LinkAction.SKIP, starts + _WEEK, series_id)
        yield say("Skip next week"), skip.model_copy(update={"day": (fact.session.start + _WEEK).date()})


def _about(message: Message, action: LinkAction, until: datetime, subject_id: str = "") -> ActionLink:
    subject_id = subject_id or message.booking_id
    return ActionLink(action=action, member_id=message.member_id, subject_id=subject_id, until=until)
