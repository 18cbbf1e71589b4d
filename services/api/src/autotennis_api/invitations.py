"""Who may register, free of Flask: the first one, who has an invitation, or everybody where that is so set."""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import structlog

from autotennis.domain.invitation import Invitation
from autotennis.domain.link_secrets import fingerprint
from autotennis.domain.member import Member
from autotennis.errors import IllegalMove, NotFound, Permanent, Stale
from autotennis.ports import Ports
from autotennis_api import groups

_GROUP: Final = re.compile(r"/groups/([A-Za-z0-9_-]{1,64})/join/([A-Za-z0-9_-]{1,64})")
_log = structlog.get_logger()


class NotInvited(Permanent):
    """Whoever asks may not register, or not any more."""


@dataclass(frozen=True, slots=True)
class Pass:
    """Why somebody may register: by an operator's invitation, or only as the first of all; otherwise in any case."""

    invitation_id: str | None = None
    as_first: bool = False


def pass_of(ports: Ports, secret: str, wanted: str, *, is_open: bool) -> Pass:
    """Why whoever comes with the secret of a link, or wants to go to that page of a group, may register.

    Raises NotInvited.
    """
    if is_open or _is_to_group(ports, wanted):
        return Pass()
    if secret:
        return Pass(invitation_id=_opened_by(ports, secret).id)
    if not ports.store.has_members():
        return Pass(as_first=True)
    raise NotInvited("Registering needs an invitation.")


def _is_to_group(ports: Ports, wanted: str) -> bool:
    found = _GROUP.fullmatch(wanted)
    try:
        return found is not None and bool(groups.invited_to(ports, found[1], found[2]))
    except NotFound:
        return False


def _opened_by(ports: Ports, secret: str) -> Invitation:
    try:
        invitation = ports.store.invitation(fingerprint(secret))
    except NotFound:
        raise NotInvited("There is no such invitation.") from None
    if not invitation.is_open(ports.clock.now()):
        raise NotInvited("Nobody can register by this invitation any more.")
    return invitation


def admit(ports: Ports, member: Member, entry: Pass) -> Member:
    """Adds the account; the first of all is an operator's. Raises NotInvited, EmailTaken.

    An invitation is counted before the account is there: whoever is stopped in between has used it up, which is better
    than one more than were invited.
    """
    first = member.model_copy(update={"is_operator": True})
    if ports.store.add_first_member(first):
        _log.info("the first account is an operator's")
        return first
    if entry.as_first:
        raise NotInvited("Somebody else was the first.")
    if entry.invitation_id is None:
        ports.store.add_member(member)
    else:
        _admit_by(ports, member, entry.invitation_id)
    return member


def _admit_by(ports: Ports, member: Member, invitation_id: str) -> None:
    now = ports.clock.now()
    try:
        ports.store.change_invitation(invitation_id, lambda it: it.taken(now))
    except (IllegalMove, NotFound):
        raise NotInvited("Nobody can register by this invitation any more.") from None
    try:
        ports.store.add_member(member)
    except Permanent:
        with suppress(NotFound):
            ports.store.change_invitation(invitation_id, lambda it: it.given_back())
        raise


def make(ports: Ports, operator: Member, most: int, days: int) -> tuple[Invitation, str]:
    """A new invitation, and the secret part of its link, which is known from nowhere else."""
    secret, now = ports.ids.new(), ports.clock.now()
    invitation = Invitation(
        id=fingerprint(secret), made_by=operator.id, made_at=now, expires_at=now + timedelta(days=days), most=most
    )
    ports.store.add_invitation(invitation)
    _log.info("somebody may be invited", uses=most, days=days)
    return invitation, secret


def every(ports: Ports) -> Sequence[Invitation]:
    """All invitations, the newest first."""
    return ports.store.invitations()


def revoke(ports: Ports, invitation_id: str) -> None:
    """Nobody registers by it any more. Harmless when that is so. Raises NotFound."""
    now = ports.clock.now()
    with suppress(Stale):
        ports.store.change_invitation(invitation_id, lambda it: it.revoked(now))
