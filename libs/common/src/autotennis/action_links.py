"""Links in messages that do one thing for whoever has them, until a certain instant: signed, kept nowhere.

A link names a member and what it is about by their random ids, and nothing personal. What it may do is decided when it
is used, by how things stand then.
"""

import hashlib
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Final

from itsdangerous import BadData, URLSafeSerializer
from pydantic import SecretStr, ValidationError

from autotennis.errors import Permanent
from autotennis.values import Id, Instant, Value

# Under this path of the web pages a token is looked up: `/act/<token>`.
PATH: Final = "/act/"
# Only for this: whatever else is signed with the same secret, none of it is a link, nor the reverse.
_SALT: Final = "autotennis.action-link.v1"
_LONGEST: Final = 500


class LinkAction(StrEnum):
    """What a link does. These are written into links that lie in mailboxes: none may change its meaning."""

    ACCEPT = "accept"
    DECLINE = "decline"
    CANCEL = "cancel"
    SKIP = "skip"
    SILENCE = "silence"
    CONFIRM = "confirm"


class ActionLink(Value):
    """What a link says.

    `subject_id` is the booking that it is about; for `skip` the series, whose week `day` (a local date) is; for
    `silence` and `confirm` the channel.
    """

    action: LinkAction
    member_id: Id
    subject_id: Id
    until: Instant
    day: date | None = None


class LinkForged(Permanent):
    """No link of ours: cut short, made up, or signed with another secret."""


class LinkExpired(Permanent):
    """A link of ours whose time is over. `link` is what it says."""

    def __init__(self, link: ActionLink) -> None:
        super().__init__(f"The link was good until {link.until.isoformat()}.")
        self.link = link


class ActionLinks:
    """Makes and reads the tokens of links, with one secret of the installation's."""

    def __init__(self, secret: SecretStr) -> None:
        self._signer = URLSafeSerializer(
            secret.get_secret_value(),
            salt=_SALT,
            signer_kwargs={"digest_method": hashlib.sha256, "key_derivation": "hmac"},
        )

    def make(
        self, action: LinkAction, member_id: str, subject_id: str, until: datetime, day: date | None = None
    ) -> SecretStr:
        """The token of a link that is good until then, to whole seconds."""
        said = [action.value, member_id, subject_id, int(until.timestamp())]
        return SecretStr(str(self._signer.dumps([*said, day.isoformat()] if day else said)))

    def read(self, token: str, now: datetime) -> ActionLink:
        """What the link says. Raises LinkForged, LinkExpired."""
        link = self._said(token)
        if link.until <= now:
            raise LinkExpired(link)
        return link

    def _said(self, token: str) -> ActionLink:
        if len(token) > _LONGEST:
            raise LinkForged("The link is longer than any of ours.")
        try:
            action, member_id, subject_id, until, *day = self._signer.loads(token)
            return ActionLink(
                action=LinkAction(action),
                member_id=member_id,
                subject_id=subject_id,
                until=datetime.fromtimestamp(until, UTC),
                day=date.fromisoformat(day[0]) if day else None,
            )
        except (BadData, ValidationError, ValueError, TypeError, OverflowError):
            raise LinkForged("The link is none of ours.") from None
