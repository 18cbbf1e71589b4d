"""Firestore's queries as data, so that the indexes which they need can be told from them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

MEMBERS: Final = "members"
EMAILS: Final = "emails"
BOOKINGS: Final = "bookings"
LIVE_BOOKINGS: Final = "live_bookings"
OUTBOX: Final = "outbox"
INSTANCES: Final = "instances"
TALLIES: Final = "tallies"
NOTES: Final = "notes"
EXPERIENCES: Final = "experiences"
SECRETS: Final = "secrets"
SERIES: Final = "series"
GROUPS: Final = "groups"
PAUSES: Final = "pauses"
DEEDS: Final = "deeds"
INVITATIONS: Final = "invitations"
MESSAGES: Final = "messages"


@dataclass(frozen=True, slots=True)
class Order:
    """By the values of a field: upwards, or downwards."""

    field: str
    downwards: bool = False

    @property
    def direction(self) -> str:
        """In Firestore's words."""
        return "DESCENDING" if self.downwards else "ASCENDING"


@dataclass(frozen=True, slots=True)
class Lookup:
    """One query: the documents of a collection whose fields fit, in an order.

    Each field in `equals` has the value that is asked for, the field `holds` has it among its values, the field
    `one_of` has one of several, and the field `below` has a lesser one than is asked for. Only `fields` are sent; to go
    on behind a document, those of the order have to be among them.
    """

    collection: str
    fields: tuple[str, ...]
    equals: tuple[str, ...] = ()
    holds: str | None = None
    one_of: str | None = None
    below: str | None = None
    order: tuple[Order, ...] = ()

    def conditions(self) -> Iterator[tuple[str, str]]:
        """Each field that has to fit, and how."""
        yield from ((field, "==") for field in self.equals)
        if self.holds:
            yield self.holds, "array_contains"
        if self.one_of:
            yield self.one_of, "in"
        if self.below:
            yield self.below, "<"


BOOKINGS_OF: Final = Lookup(
    BOOKINGS, equals=("member_id",), order=(Order("session_start", downwards=True),), fields=("body",)
)
DUE: Final = Lookup(
    BOOKINGS,
    equals=("club_id", "opening_at", "awaits_booker"),
    order=(Order("created_at"),),
    fields=("id", "created_at", "waits_from"),
)
MISSED: Final = Lookup(
    BOOKINGS,
    equals=("awaits_booker",),
    below="opening_at",
    order=(Order("opening_at"), Order("club_id")),
    fields=("opening_at", "club_id", "waits_from"),
)
IN_LINE: Final = Lookup(
    BOOKINGS,
    equals=("club_id", "is_in_line"),
    order=(Order("in_line_since"), Order("created_at")),
    fields=("in_line_since", "created_at", "body"),
)
# The sessions of a club that start together are few.
LINE_OF_START: Final = Lookup(
    BOOKINGS,
    equals=("club_id", "is_in_line", "session_start"),
    order=(Order("in_line_since"), Order("created_at")),
    fields=("in_line_since", "created_at", "body"),
)
CHECKS_DUE: Final = Lookup(
    BOOKINGS, equals=("is_to_check",), below="check_at", order=(Order("check_at"),), fields=("check_at", "body")
)
BOUND: Final = Lookup(BOOKINGS, equals=("bond_id",), fields=("body",))
GROUPS_OF: Final = Lookup(GROUPS, holds="member_ids", fields=("body",))
SERIES_OF: Final = Lookup(SERIES, equals=("member_id",), order=(Order("created_at", downwards=True),), fields=("body",))
SERIES_DUE: Final = Lookup(
    SERIES, equals=("is_due",), below="plan_at", order=(Order("plan_at"),), fields=("plan_at", "body")
)
OPENED: Final = Lookup(
    BOOKINGS, below="opening_at", order=(Order("opening_at", downwards=True),), fields=("opening_at", "body")
)
DEEDS_BEFORE: Final = Lookup(DEEDS, below="at", order=(Order("at", downwards=True),), fields=("body",))
UNSCHEDULED: Final = Lookup(
    BOOKINGS, equals=("state",), below="created_at", order=(Order("created_at"),), fields=("id",)
)
OPEN: Final = Lookup(BOOKINGS, one_of="state", fields=("id",))
UNPUBLISHED: Final = Lookup(OUTBOX, order=(Order("committed_at"), Order("position")), fields=("data",))
UNPUBLISHED_OF: Final = Lookup(
    OUTBOX, equals=("booking_id",), order=(Order("committed_at"), Order("position")), fields=("data",)
)
OPERATORS: Final = Lookup(MEMBERS, equals=("is_operator",), fields=("body",))
ANY_MEMBER: Final = Lookup(MEMBERS, fields=("body",))
NEWEST_INVITATIONS: Final = Lookup(INVITATIONS, order=(Order("made_at", downwards=True),), fields=("body",))
INVITATIONS_MADE_BY: Final = Lookup(INVITATIONS, equals=("made_by",), fields=("body",))
ANY_SECRET: Final = Lookup(SECRETS, fields=("key",))
SECRETS_OF_MEMBER: Final = Lookup(SECRETS, equals=("member_id",), fields=("key",))
SECRETS_OF_KEY: Final = Lookup(SECRETS, equals=("key",), fields=("member_id", "name", "sealed", "key"))

MESSAGES_DUE: Final = Lookup(
    MESSAGES, equals=("is_waiting",), below="due_at", order=(Order("due_at"),), fields=("due_at", "body")
)
MESSAGES_DUE_OF_CHANNEL: Final = Lookup(
    MESSAGES,
    equals=("channel_id", "is_waiting"),
    below="due_at",
    order=(Order("due_at"),),
    fields=("due_at", "body"),
)
MESSAGES_OF: Final = Lookup(
    MESSAGES, equals=("member_id",), order=(Order("made_at", downwards=True),), fields=("body",)
)
DEAD_MESSAGES: Final = Lookup(
    MESSAGES, equals=("is_dead",), order=(Order("changed_at", downwards=True),), fields=("body",)
)
WAITING_MESSAGES: Final = Lookup(MESSAGES, equals=("is_waiting",), fields=("due_at",))

# Every query that is made of Firestore.
QUERIES: Final[Mapping[str, Lookup]] = MappingProxyType(
    {
        "bookings_of": BOOKINGS_OF,
        "due": DUE,
        "missed": MISSED,
        "in line": IN_LINE,
        "in line for a start": LINE_OF_START,
        "checks due": CHECKS_DUE,
        "bound": BOUND,
        "groups_of": GROUPS_OF,
        "series_of": SERIES_OF,
        "series_due": SERIES_DUE,
        "opened": OPENED,
        "deeds": DEEDS_BEFORE,
        "unscheduled": UNSCHEDULED,
        "has_open": OPEN,
        "unpublished": UNPUBLISHED,
        "unpublished_of": UNPUBLISHED_OF,
        "operators": OPERATORS,
        "any member": ANY_MEMBER,
        "invitations": NEWEST_INVITATIONS,
        "a member's invitations": INVITATIONS_MADE_BY,
        "messages_due": MESSAGES_DUE,
        "messages_due of a channel": MESSAGES_DUE_OF_CHANNEL,
        "messages_of": MESSAGES_OF,
        "dead_messages": DEAD_MESSAGES,
        "has_open of messages": WAITING_MESSAGES,
        "any secret": ANY_SECRET,
        "a member's secrets": SECRETS_OF_MEMBER,
        "secrets of a key": SECRETS_OF_KEY,
    }
)
