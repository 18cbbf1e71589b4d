"""The members of a run: made as registering makes them, and what their programs ask of the JSON API."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import aiohttp
from pydantic import SecretStr
from support.whole_system import CLUB_ID

from autotennis.adapters.system import SystemIds
from autotennis.domain.channel import Channel, ChannelKind, EmailAddress, Level
from autotennis.domain.member import Credentials, Member
from autotennis.domain.token import ApiToken, Scope, digest_of
from autotennis.member_secrets import keep_channel_address, keep_credentials
from autotennis_local.backbone import Insight
from autotennis_local.evening.api import MemberApi
from autotennis_local.evening.judging import Told
from practice_club.club import PracticeClub
from practice_club.orders import NewMember
from practice_club.session import Session as ClubSession
from practice_club.times import write_spilletid

_ANSWERED_WITHIN: Final = aiohttp.ClientTimeout(total=30)
_CHANNEL: Final = "by-mail"


@dataclass(frozen=True, slots=True)
class Somebody:
    """A member: by their ids here and at the club, with the address of their mail and the token of their program."""

    id: str
    club_member_id: int
    email: str
    token: SecretStr


def come_in(insight: Insight, club: PracticeClub, number: int) -> Somebody:
    """A member of the club with an account, who is told everything by e-mail."""
    email, pin, ids, now = f"spiller{number}@example.org", SecretStr("4711"), SystemIds(), datetime.now(UTC)
    at_club = club.add_member(NewMember(email=email, pin=pin, name=f"Spiller {number}"))
    member_id = ids.new()
    text = SecretStr(".".join(("autotennis", member_id, ids.new() + ids.new())))
    token = ApiToken(
        id=ids.new(),
        name="chaos",
        scopes=tuple(Scope),
        digest=digest_of(text),
        created_at=now,
        expires_at=now + timedelta(days=1),
    )
    channel = Channel(id=_CHANNEL, kind=ChannelKind.EMAIL, label="E-mail", level=Level.EVERYTHING, since=now)
    member = Member(id=member_id, email=email, password_hash="unused", created_at=now, channels=(channel,))
    insight.store.add_member(member.known_at(CLUB_ID, at_club.id).with_token(token))
    keep_credentials(insight.vault, member_id, CLUB_ID, Credentials(email=email, password=pin))
    keep_channel_address(insight.vault, member_id, _CHANNEL, EmailAddress(email=SecretStr(email)))
    return Somebody(member_id, at_club.id, email, text)


class Program(MemberApi):
    """A member's own program: what it asks is asked again, under the same key, until it is answered."""

    async def wish(self, session: ClubSession, others: Sequence[str], key: str) -> Told:
        """Asks for a place in that session, or else in one of those that the links lead to."""
        about = {"club": CLUB_ID, "timeid": session.slot.timeid, "start": write_spilletid(session.start)}
        return Told.model_validate(
            await self._ask("POST", "/bookings", {"session": about, "alternatives": list(others)}, key)
        )

    async def withdraw(self, booking_id: str) -> None:
        """Has a place given back."""
        await self._ask("POST", f"/bookings/{booking_id}/withdraw")


def speaking() -> aiohttp.ClientTimeout:
    """How long a program waits for an answer."""
    return _ANSWERED_WITHIN
