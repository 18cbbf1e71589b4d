"""What channels, and how they do, are called."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from babel.dates import format_timedelta

from autotennis.domain.channel import Channel, ChannelKind, ChannelTrouble, Level
from autotennis_api.texts import gettext, lazy_gettext, locale

KINDS: Final[Mapping[ChannelKind, str]] = {
    ChannelKind.EMAIL: lazy_gettext("E-mail"),
    ChannelKind.APPRISE: lazy_gettext("Another service"),
    ChannelKind.WEB_PUSH: lazy_gettext("Browser notifications"),
    ChannelKind.WEBHOOK: lazy_gettext("Webhook"),
}
LEVELS: Final[Mapping[Level, str]] = {
    Level.NEEDS_ME: lazy_gettext("Only what needs me"),
    Level.RESULTS: lazy_gettext("What came of my bookings, too"),
    Level.EVERYTHING: lazy_gettext("Everything"),
}
TROUBLES: Final[Mapping[ChannelTrouble, str]] = {
    ChannelTrouble.NO_ANSWER: lazy_gettext("the receiver did not answer"),
    ChannelTrouble.BUSY: lazy_gettext("the receiver could not take it just then"),
    ChannelTrouble.REFUSED: lazy_gettext("the receiver refused it"),
    ChannelTrouble.GONE: lazy_gettext("the receiver is not there any more"),
    ChannelTrouble.BAD_ADDRESS: lazy_gettext("the address cannot be used"),
    ChannelTrouble.NOT_ALLOWED: lazy_gettext("that address may not be asked from here"),
    ChannelTrouble.NOT_SET_UP: lazy_gettext("whoever runs this service has not set up what it takes"),
}


def ago(instant: datetime, now: datetime) -> str:
    """How long ago something was: `2 hours ago`."""
    return format_timedelta(instant - now, add_direction=True, locale=locale())


def health(channel: Channel, now: datetime) -> str:
    """How a channel does, in a sentence or two."""
    kept = channel.health
    if not channel.confirmed:
        return gettext(
            "Waits for its reader: we have sent a link there, and nothing else is sent before somebody follows it."
        )
    trouble = TROUBLES[kept.trouble] if kept.trouble else ""
    if kept.stopped_at:
        return gettext(
            "Given up %(when)s: %(why)s. Nothing is sent there until you change it or send a test.",
            when=ago(kept.stopped_at, now),
            why=trouble,
        )
    if trouble and kept.last_failure:
        return gettext(
            "The last message, %(when)s, did not get through: %(why)s.", when=ago(kept.last_failure, now), why=trouble
        )
    if kept.last_success:
        return gettext("Works: last message %(when)s.", when=ago(kept.last_success, now))
    return gettext("Nothing was sent there yet.")
