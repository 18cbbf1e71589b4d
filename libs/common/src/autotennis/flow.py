"""Who publishes and who consumes each kind of event.

This table is the map of the system: the embedded bus delivers by it, and rights are granted by it. A kind without a
consumer is kept for those who look on.
"""

from enum import StrEnum
from typing import Final

from autotennis.events import KINDS


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
