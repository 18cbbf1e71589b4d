"""One sender for each kind of channel."""

from collections.abc import Callable, Mapping
from datetime import datetime
from email.utils import parseaddr

from autotennis.domain.channel import ChannelKind
from autotennis_notifier.letter import Sender
from autotennis_notifier.senders.email import EmailSender
from autotennis_notifier.senders.http import Receivers
from autotennis_notifier.senders.services import AppriseSender
from autotennis_notifier.senders.web_push import WebPushSender
from autotennis_notifier.senders.webhook import WebhookSender
from autotennis_notifier.settings import NotifierSettings


def senders_of(settings: NotifierSettings, now: Callable[[], datetime]) -> Mapping[ChannelKind, Sender]:
    """The senders of what this installation has set up."""
    private = settings.private_receivers
    senders: dict[ChannelKind, Sender] = {
        ChannelKind.WEBHOOK: WebhookSender(Receivers(private=private), now),
        ChannelKind.APPRISE: AppriseSender(private=private),
    }
    if settings.smtp_url:
        senders[ChannelKind.EMAIL] = EmailSender(settings.smtp_url, settings.mail_from)
    if settings.vapid_private_key:
        receivers, contact = Receivers(private=private), _contact(settings)
        senders[ChannelKind.WEB_PUSH] = WebPushSender(receivers, settings.vapid_private_key, contact, now)
    return senders


def _contact(settings: NotifierSettings) -> str:
    """Where push services can reach whoever runs the installation."""
    address = next((one for one in map(_address, (settings.contact, settings.mail_from)) if one), "")
    return f"mailto:{address}" if address else settings.public_root


def _address(text: str) -> str:
    found = parseaddr(text)[1]
    return found if "@" in found else ""
