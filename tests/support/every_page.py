"""All pages that people read, in one table: what the browser opens, what is photographed, and what is translated."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Reader(StrEnum):
    """Who looks at a page."""

    NOBODY = "nobody"
    NEWCOMER = "newcomer"
    MEMBER = "member"
    OPERATOR = "operator"


@dataclass(frozen=True)
class Place:
    """A page: its name, the route that serves it, where it is on a stage (`support.stage`), and who looks at it.

    `named` tells that its title is a name, a date or the product's: the same in every language.
    """

    name: str
    endpoint: str
    path: str
    reader: Reader = Reader.MEMBER
    named: bool = False


_PUBLIC: Final = (
    Place("welcome", "bookings.home", "/", Reader.NOBODY, named=True),
    Place("sign-in", "accounts.sign_in", "/sign-in", Reader.NOBODY),
    Place("register", "accounts.register", "/register", Reader.NOBODY),
    Place("invited", "accounts.register_invited", "/register/{invitation_secret}", Reader.NOBODY),
    Place("forgotten", "accounts.forgotten", "/forgotten", Reader.NOBODY),
    Place("link", "acting.show", "/act/{link}", Reader.NOBODY),
)
_EMPTY: Final = (
    Place("agenda-empty", "bookings.home", "/", Reader.NEWCOMER),
    Place("series-none", "series.every", "/series", Reader.NEWCOMER),
    Place("groups-none", "groups.every", "/groups", Reader.NEWCOMER),
    Place("join", "groups.join", "/groups/{group}/join/{group_invitation}", Reader.NEWCOMER),
)
_BOOKINGS: Final = (
    Place("agenda", "bookings.home", "/"),
    Place("week", "week.show", "/week"),
    Place("preview", "bookings.new", "{preview}"),
    Place("planned", "bookings.show", "/bookings/{planned}"),
    Place("racing", "bookings.show", "/bookings/{racing}"),
    Place("booked", "bookings.show", "/bookings/{booked}"),
    Place("waiting", "bookings.show", "/bookings/{waiting}"),
    Place("asked", "bookings.show", "/bookings/{asked}"),
    Place("failed", "bookings.show", "/bookings/{failed}"),
    Place("cancel", "giving_up.ask_cancel", "/bookings/{planned}/cancel"),
    Place("withdraw", "giving_up.ask_withdraw", "/bookings/{booked}/withdraw"),
    Place("series-list", "series.every", "/series"),
    Place("series", "series.show", "/series/{series}"),
    Place("series-stop", "series.ask_stop", "/series/{series}/stop"),
)
_GROUPS: Final = (
    Place("groups", "groups.every", "/groups"),
    Place("group", "groups.show", "/groups/{group}", named=True),
    Place("group-leave", "groups.ask_leave", "/groups/{group}/leave"),
    Place("group-remove", "groups.ask_remove", "/groups/{group}/remove/{friend}"),
    Place("group-renew", "groups.ask_renew", "/groups/{group}/renew"),
)
_OWN: Final = (
    Place("settings", "accounts.settings", "/settings"),
    Place("club-login", "club_logins.show", "/settings/clubs/practice", named=False),
    Place("sign-ins", "own.every_sign_in", "/settings/sign-ins"),
    Place("calendar", "own.calendar", "/settings/calendar"),
    Place("leave", "own.leave", "/settings/leave"),
    Place("messages", "messages.every", "/settings/messages"),
    Place("channel-service", "messages.add", "/settings/messages/add/apprise"),
    Place("channel-webhook", "messages.add", "/settings/messages/add/webhook", named=True),
    Place("channel", "messages.change", "/settings/messages/{channel}", named=True),
    Place("tokens", "tokens.every", "/settings/tokens"),
    Place("api", "api_pages.reference", "/api", named=True),
)
_OPERATORS: Final = (
    Place("console", "operator.console", "/operator", Reader.OPERATOR),
    Place("dead-letters", "operator.letters", "/operator/dead-letters", Reader.OPERATOR),
    Place("deeds", "operator.deeds", "/operator/deeds", Reader.OPERATOR),
    Place("operators", "operators.ask", "/operator/operators", Reader.OPERATOR),
    Place("operator-make", "operators.ask_one", "/operator/operators/{friend}", Reader.OPERATOR),
    Place("invitations", "invitations.every", "/operator/invitations", Reader.OPERATOR),
)
PLACES: Final[Sequence[Place]] = (*_PUBLIC, *_EMPTY, *_BOOKINGS, *_GROUPS, *_OWN, *_OPERATORS)

# What answers a GET and is read by nobody, by its route, with what it is.
NO_PAGES: Final[Mapping[str, str]] = {
    "bookings.download": "a file",
    "bookings.home_live": "a part of a page, for its script",
    "bookings.show_live": "a part of a page, for its script",
    "live.booking_stream": "a stream, for a page's script",
    "live.home_stream": "a stream, for a page's script",
    "machine_metrics.relay": "figures, for Prometheus",
    "machine_metrics.show": "figures, for Prometheus",
    "machines.healthz": "a sign of life, for machines",
    "messages.worker": "a script",
    "own.export_everything": "a file",
    "own.feed": "a calendar, for programs",
    "rest.list_bookings": "JSON",
    "rest.list_channels": "JSON",
    "rest.list_clubs": "JSON",
    "rest.list_groups": "JSON",
    "rest.list_series": "JSON",
    "rest.openapi": "JSON",
    "rest.show_booking": "JSON",
    "rest.show_channel": "JSON",
    "rest.show_group": "JSON",
    "rest.show_group_sessions": "JSON",
    "rest.show_invitation": "JSON",
    "rest.show_me": "JSON",
    "rest.show_series": "JSON",
    "static": "files",
}
