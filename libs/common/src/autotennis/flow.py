"""Who publishes and who consumes each kind of event.

This table is the map of the system: the embedded bus delivers by it, and rights are granted by it. A kind without a
consumer is kept for those who look on.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from autotennis.events import FACTS, KINDS


class Service(StrEnum):
    """The services, each a program of its own."""

    API = "api"
    TIMER = "timer"
    BOOKER = "booker"
    WAITLIST = "waitlist"
    NOTIFIER = "notifier"


# What the notifier tells of.
_TOLD: Final = (
    "Booked",
    "Failed",
    "SessionFull",
    "PlaceOffered",
    "Withdrawn",
    "WithdrawalFailed",
    "SeriesInterrupted",
    "BookingRequested",
    "BookingCancelled",
    "CheckFailed",
    "ClubPagesChanged",
    "ChannelTestRequested",
)

CONSUMERS: Final[dict[str, frozenset[Service]]] = {kind: frozenset[Service]() for kind in KINDS} | {
    **dict.fromkeys(_TOLD, frozenset({Service.NOTIFIER})),
    "BookingRequested": frozenset({Service.TIMER, Service.NOTIFIER}),
    "OpeningDue": frozenset({Service.TIMER}),
    "SweepDue": frozenset({Service.TIMER, Service.NOTIFIER}),
    "SeriesDue": frozenset({Service.TIMER}),
    "RaceDue": frozenset({Service.BOOKER}),
    "WithdrawalRequested": frozenset({Service.BOOKER}),
    "CheckDue": frozenset({Service.BOOKER}),
    "CanaryDue": frozenset({Service.BOOKER}),
    "SessionFull": frozenset({Service.WAITLIST, Service.NOTIFIER}),
    "BondSettled": frozenset({Service.WAITLIST}),
    "OfferAccepted": frozenset({Service.WAITLIST}),
    "WatchDue": frozenset({Service.WAITLIST}),
}

# What tells of due wake-ups: Cloud Scheduler, or the embedded dispatcher. It is no service and needs no rights of ours.
WAKE_UPS: Final = "the wake-ups"

# Who tells of each kind, and when, where several do. Of what happens to a booking, whoever has it in hand tells.
PUBLISHERS: Final[Mapping[str, Mapping[str, str]]] = {
    "BookingRequested": {Service.API: "", Service.TIMER: "for the weeks of a series"},
    "OpeningDue": {
        WAKE_UPS: "",
        Service.TIMER: "for what is open already",
        Service.BOOKER: "where the club's page names another instant",
        Service.WAITLIST: "for a place before the opening",
    },
    "RaceDue": {Service.TIMER: ""},
    "SessionFull": {Service.BOOKER: ""},
    "Booked": {Service.BOOKER: "", Service.WAITLIST: ""},
    "Failed": {Service.BOOKER: "", Service.WAITLIST: ""},
    "BondSettled": {Service.BOOKER: "", Service.WAITLIST: ""},
    "PlaceOffered": {Service.WAITLIST: ""},
    "OfferAccepted": {Service.API: ""},
    "BookingCancelled": {Service.API: "", Service.BOOKER: "", Service.WAITLIST: ""},
    "WithdrawalRequested": {Service.API: "", Service.BOOKER: "", Service.WAITLIST: ""},
    "WithdrawalFailed": {Service.BOOKER: ""},
    "Withdrawn": {Service.BOOKER: ""},
    "WatchDue": {WAKE_UPS: "", Service.WAITLIST: "for the first who waits"},
    "SweepDue": {WAKE_UPS: ""},
    "SeriesDue": {Service.API: "", Service.TIMER: ""},
    "SeriesInterrupted": {Service.TIMER: ""},
    "ChannelTestRequested": {Service.API: ""},
    "CheckDue": {Service.TIMER: "", Service.API: "for what a new login mends"},
    "CheckFailed": {Service.BOOKER: ""},
    "CanaryDue": {Service.TIMER: "", Service.API: "for an operator who wishes it now"},
    "ClubPagesChanged": {Service.BOOKER: ""},
}

# What is committed together with a booking lies in its outbox until somebody publishes it: mostly whoever committed it,
# after a crash whoever has the booking next. So these may publish all that can lie there.
_CARRIED: Final = frozenset({fact.__name__ for fact in FACTS} | {"CheckDue"})
CARRIERS: Final = frozenset({Service.API, Service.TIMER, Service.BOOKER, Service.WAITLIST})


def publishes(service: Service) -> frozenset[str]:
    """The kinds that this service may publish, and needs the right to."""
    told = {kind for kind, publishers in PUBLISHERS.items() if service in publishers}
    return frozenset(told | (_CARRIED if service in CARRIERS else set[str]()))


# Those that consume anything.
CONSUMING: Final = tuple(sorted({service for consumers in CONSUMERS.values() for service in consumers}))

# How long a delivery may be held before it counts as lost. The booker holds its request from the wake-up through the
# opening to the proof; Google's push allows 600 s at most. The waitlist spreads its looks over a minute, and may have
# some places to take after the last. The notifier gathers what it is to tell for half a minute, and waits for
# receivers.
ACK_DEADLINE_S: Final[dict[Service, float]] = {
    Service.TIMER: 60.0,
    Service.BOOKER: 600.0,
    Service.WAITLIST: 300.0,
    Service.NOTIFIER: 300.0,
}
