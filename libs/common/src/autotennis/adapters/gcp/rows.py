"""Members, bookings and facts as documents.

A booking, a member and what is known of a club are kept whole as JSON in `body`; beside it stand only the fields that
something is looked up by. Times are text whose order is the order of time.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

import structlog
from pydantic import ValidationError

from autotennis.adapters import bodies
from autotennis.adapters.gcp import queries
from autotennis.adapters.gcp.documents import COMMIT_TIME, Create, Document, Key, Set, hashed, name_of
from autotennis.domain.audit import Deed
from autotennis.domain.booking import Booking
from autotennis.domain.experience import Experience
from autotennis.domain.group import Group
from autotennis.domain.invitation import Invitation
from autotennis.domain.member import Member, email_key
from autotennis.domain.message import KEPT_FOR, Message, MessageState
from autotennis.domain.series import Series
from autotennis.errors import Permanent
from autotennis.events import Event, dump
from autotennis.ports import Note, Tally
from autotennis.values import Value, utc_text

_Kept = TypeVar("_Kept", bound=Value)
_log = structlog.get_logger()

# A dead instance is asked for while its claims run, which is minutes.
_REMEMBERED: Final = timedelta(days=1)
# A commit whose answer was lost is known again by its mark, unless so many others came after it.
_MARKS: Final = 16
# Where all pauses are: they are few, and read at once.
PAUSES_KEY: Final = Key(queries.PAUSES, "all")


class DocumentUnreadable(Permanent):
    """A document was written by a newer version of the program, or it is damaged. It was left as it is."""


def member_key(member_id: str) -> Key:
    """Where the account is."""
    return Key(queries.MEMBERS, name_of(member_id))


def booking_key(booking_id: str) -> Key:
    """Where the booking is."""
    return Key(queries.BOOKINGS, name_of(booking_id))


def email_claim(email: str) -> Key:
    """Where it says whose address this is; the name does not tell the address."""
    return Key(queries.EMAILS, hashed(email_key(email)))


def live_claim(booking: Booking) -> Key:
    """Where it says which booking is the member's live one of the session."""
    return Key(queries.LIVE_BOOKINGS, hashed(f"{booking.member_id}/{booking.club_id}/{booking.session.key}"))


def fact_key(fact: Event) -> Key:
    """Where the fact waits to be published."""
    return Key(queries.OUTBOX, hashed(fact.id))


def instance_key(holder: str) -> Key:
    """Where the instance says that it lives."""
    return Key(queries.INSTANCES, name_of(holder))


def experience_key(club_id: str) -> Key:
    """Where it is kept what is known of the club."""
    return Key(queries.EXPERIENCES, name_of(club_id))


def series_key(series_id: str) -> Key:
    """Where the series is."""
    return Key(queries.SERIES, name_of(series_id))


def group_key(group_id: str) -> Key:
    """Where the group is."""
    return Key(queries.GROUPS, name_of(group_id))


def invitation_key(invitation_id: str) -> Key:
    """Where the invitation is."""
    return Key(queries.INVITATIONS, name_of(invitation_id))


def message_key(message_id: str) -> Key:
    """Where the message is."""
    return Key(queries.MESSAGES, hashed(message_id))


def first_member_claim() -> Key:
    """Where it says that somebody was the first member; it does not say who."""
    return Key(queries.EMAILS, "first_member")


def invitation_fields(invitation: Invitation) -> Mapping[str, Any]:
    """The invitation's document, but for the marks of its commits."""
    return {
        "made_by": invitation.made_by,
        "made_at": utc_text(invitation.made_at),
        "body": invitation.model_dump_json(),
    }


def message_fields(message: Message) -> Mapping[str, Any]:
    """The message's document, but for the marks of its commits."""
    return {
        "member_id": message.member_id,
        "channel_id": message.channel_id,
        "made_at": utc_text(message.made_at),
        "due_at": utc_text(message.due_at),
        "changed_at": utc_text(message.changed_at),
        "is_waiting": message.is_waiting,
        "is_dead": message.state is MessageState.DEAD,
        "expires_at": message.changed_at + KEPT_FOR,
        "body": message.model_dump_json(),
    }


def group_fields(group: Group) -> Mapping[str, Any]:
    """The group's document, but for the marks of its commits."""
    return {"member_ids": [one.member_id for one in group.members], "body": group.model_dump_json()}


def series_fields(series: Series) -> Mapping[str, Any]:
    """The series' document, but for the marks of its commits."""
    return {
        "member_id": series.member_id,
        "created_at": utc_text(series.created_at),
        "plan_at": utc_text(series.plan_at),
        "is_due": series.is_due,
        "body": series.model_dump_json(),
    }


def member_fields(member: Member) -> Mapping[str, Any]:
    """The account's document, but for the marks of its commits."""
    return {"is_operator": member.is_operator, "body": member.model_dump_json()}


def start_of(booking: Booking) -> str:
    """The local start of its session, as documents have it."""
    return booking.session.start.isoformat(timespec="seconds")


def booking_fields(booking: Booking) -> Mapping[str, Any]:
    """The booking's document, but for the marks of its commits.

    `waits_from` is the instant from which it waits for a booker, None when it waits for none; `in_line_since` that from
    which it looks for a freed place, and `check_at` when it is to be checked, likewise.
    """
    waits_from, in_line_since, check_at = booking.waits_from(), booking.in_line_since(), booking.to_check_at
    return {
        "id": booking.id,
        "member_id": booking.member_id,
        "club_id": booking.club_id,
        "session_start": start_of(booking),
        "opening_at": utc_text(booking.opening_at),
        "created_at": utc_text(booking.created_at),
        "state": booking.state.value,
        "awaits_booker": waits_from is not None,
        "waits_from": utc_text(waits_from) if waits_from else None,
        "in_line_since": utc_text(in_line_since) if in_line_since else None,
        "is_in_line": in_line_since is not None,
        "bond_id": booking.bond.id if booking.bond else None,
        "check_at": utc_text(check_at) if check_at else None,
        "is_to_check": check_at is not None,
        "body": booking.model_dump_json(),
    }


def experience_fields(experience: Experience) -> Mapping[str, Any]:
    """The document of what is known of a club, but for the marks of its commits."""
    return {"body": experience.model_dump_json()}


def experience_in(document: Document) -> Experience:
    """What is known of the club; nothing where that cannot be read."""
    return bodies.experience_in(_body(document), document.key.name)


def email_claimed(member: Member) -> Create:
    """The member's address becomes theirs alone."""
    return Create(email_claim(member.email), {"member_id": member.id})


def session_claimed(booking: Booking) -> Create:
    """The booking becomes the member's only live one of its session."""
    return Create(live_claim(booking), {"booking_id": booking.id})


def put_out(booking: Booking, facts: Sequence[Event]) -> Sequence[Set]:
    """The facts, to be committed with the booking. A fact happens to it once, so one that is there is the same."""
    return [
        Set(
            fact_key(fact),
            {"booking_id": booking.id, "committed_at": COMMIT_TIME, "position": position, "data": dump(fact)},
        )
        for position, fact in enumerate(facts)
    ]


def alive(holder: str, until: datetime) -> Set:
    """What an instance says of itself, until it is forgotten."""
    return Set(instance_key(holder), {"until": utc_text(until), "expires_at": until + _REMEMBERED})


def written_down(deed: Deed) -> Set:
    """What an operator did, for good."""
    return Set(Key(queries.DEEDS, name_of(deed.id)), {"at": utc_text(deed.at), "body": deed.model_dump_json()})


def tallied(key: str, tally: Tally) -> Create:
    """So many under this key, until that is forgotten."""
    return Create(tally_key(key), {"count": tally.count, "expires_at": tally.until})


def tally_in(document: Document) -> Tally:
    """What the document has counted."""
    return Tally(count=document.fields["count"], until=document.fields["expires_at"])


def tally_key(key: str) -> Key:
    """Where a tally is kept: who is counted does not stand in a name."""
    return Key(queries.TALLIES, hashed(key))


def noted(key: str, note: Note) -> Create:
    """A note, until it is forgotten."""
    return Create(note_key(key), {"text": note.text, "expires_at": note.until})


def note_in(document: Document) -> Note:
    """The note that the document keeps."""
    return Note(text=document.fields["text"], until=document.fields["expires_at"])


def note_key(key: str) -> Key:
    """Where a note is kept: whose it is does not stand in a name."""
    return Key(queries.NOTES, hashed(key))


def marked(fields: Mapping[str, Any], mark: str, before: Document | None = None) -> Mapping[str, Any]:
    """The fields with one more commit's mark: by it, a commit whose answer was lost is known to have happened."""
    return {**fields, "commits": [*_marks(before), mark][-_MARKS:]}


def bears(document: Document, mark: str) -> bool:
    """Whether the commit with this mark has happened to the document."""
    return mark in _marks(document)


def read(kind: type[_Kept], document: Document) -> _Kept:
    """What the document keeps. Raises DocumentUnreadable."""
    try:
        return kind.model_validate_json(_body(document))
    except ValidationError as error:
        raise DocumentUnreadable(
            f"The {kind.__name__} {document.key.name} in Firestore cannot be read ({bodies.wrong_fields(error)}): "
            "a newer version of the program wrote it, or it is damaged. It was left as it is."
        ) from None


def readable(kind: type[_Kept], documents: Iterable[Document]) -> Sequence[_Kept]:
    """What those keep that can be read: one that cannot must not keep everybody else from what is due to them."""
    found: list[_Kept] = []
    for document in documents:
        try:
            found.append(read(kind, document))
        except DocumentUnreadable:
            _log.exception("a document cannot be read and is passed over")
    return found


def _body(document: Document) -> Any:
    """As the document has it: that it is text is for whoever reads it to see."""
    return document.fields.get("body", "")


def _marks(document: Document | None) -> Sequence[str]:
    return document.fields.get("commits", ()) if document else ()
