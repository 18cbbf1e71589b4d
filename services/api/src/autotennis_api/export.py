"""All that is kept of a member, as one JSON document, free of Flask.

Passwords, door codes, where messages go to and the secret parts of addresses are never in it: it would lie in some
folder for ever. What others see of themselves in a group, or ask for, is theirs.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from autotennis.domain.booking import Booking
from autotennis.domain.group import Group
from autotennis.domain.member import Member
from autotennis.ports import Ports
from autotennis_api import club_logins, clubs
from autotennis_api.download import BookingDownload
from autotennis_api.leaving import MOST_BOOKINGS

_OF_ACCOUNT = (
    "id",
    "email",
    "language",
    "created_at",
    "club_member_ids",
    "is_operator",
    "sign_ins",
    "channels",
    "telling",
)


def export_of(ports: Ports, member: Member) -> Iterator[str]:
    """The document in pieces: one for the account, then one for each booking."""
    bookings = ports.store.bookings_of(member.id, MOST_BOOKINGS)
    head = json.dumps(_head(ports, member), ensure_ascii=False, indent=1)
    return _pieces(ports, head, bookings)


def _pieces(ports: Ports, head: str, bookings: Sequence[Booking]) -> Iterator[str]:
    yield head.removesuffix("\n}") + ',\n "bookings": ['
    for number, booking in enumerate(bookings):
        club, link = clubs.rules_of(ports, booking.club_id), clubs.link_of(ports, booking)
        yield ("," if number else "") + "\n  " + BookingDownload.of(booking, club, link).model_dump_json()
    yield "\n ]\n}\n"


def _head(ports: Ports, member: Member) -> dict[str, Any]:
    return {
        "made_at": ports.clock.now().isoformat(),
        "account": {
            **member.model_dump(mode="json", include=set(_OF_ACCOUNT)),
            "has_calendar_address_since": member.calendar.since.isoformat() if member.calendar else None,
        },
        "club_logins": _logins(ports, member),
        "series": [one.model_dump(mode="json") for one in ports.store.series_of(member.id, MOST_BOOKINGS)],
        "groups": [_group(one, member) for one in ports.store.groups_of(member.id)],
        "messages": [one.model_dump(mode="json") for one in ports.store.messages_of(member.id, MOST_BOOKINGS)],
        "invitations_made": [
            one.model_dump(mode="json", exclude={"id"})
            for one in ports.store.invitations(MOST_BOOKINGS)
            if one.made_by == member.id
        ],
    }


def _logins(ports: Ports, member: Member) -> list[dict[str, Any]]:
    """That there is one, never what it is."""
    return [
        {
            "club": one.club.name,
            "email_and_password_are_kept_encrypted": one.is_kept,
            "last_accepted_at": one.proven_at.isoformat() if one.proven_at else None,
            "is_refused": one.is_refused,
        }
        for one in club_logins.logins_of(ports, member)
    ]


def _group(group: Group, member: Member) -> dict[str, Any]:
    mine = group.companion(member.id)
    return {
        "name": group.name,
        "my_name": mine.name if mine else None,
        "others_see_my_bookings": mine.shares if mine else None,
        "since": mine.since.isoformat() if mine else None,
        "i_look_after_it": group.owner_id == member.id,
    }
