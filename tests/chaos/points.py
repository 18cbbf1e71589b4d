"""The commits and sends at which a process may be killed, as they were counted in runs without kills.

`make chaos COUNT=1` counts them anew. A run tells of each that it saw and that stands here not.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Need(StrEnum):
    """What an evening needs for a point to come up at all."""

    NOTHING = "nothing"
    WITHDRAWAL = "withdrawal"
    CANCELLING = "cancelling"
    CANCELLING_IN_THE_RACE = "cancelling in the race"
    CHOICE = "choice"


@dataclass(frozen=True, slots=True)
class Point:
    """A commit or a send of a program; an evening with what it `needs` has at least `at_most` of it."""

    program: str
    name: str
    at_most: int = 1
    needs: Need = Need.NOTHING


# What comes at times only: where somebody was killed before, or looks whether a program is up; or whoever comes first
# does it for all.
BESIDE: Final = frozenset(
    {
        "answer 200",
        "answer 409",
        "answer 503",
        "GET /certs",
        "HEAD /favicon.ico",
        "call CreateJob",
        "call Publish",
        "call ResumeJob",
        "call UpdateJob",
        "call Encrypt",
        "commit delete notes",
        "commit insert notes",
        "commit insert vault_key",
    }
)

POINTS: Final[dict[str, tuple[Point, ...]]] = {
    "local": (
        Point("api", "GET /timeinfo.php?lang&spilletid&timeid", 3),
        Point("api", "answer 201", 3),
        Point("api", "commit delete notes, insert notes", 3),
        Point("api", "commit delete outbox", 4),
        Point("api", "commit delete tallies, insert tallies", 8),
        Point("api", "commit insert bookings, insert outbox", 3),
        Point("api", "commit insert deliveries, insert messages", 4),
        Point("api", "commit insert notes", 3),
        Point("api", "commit insert outbox, update bookings", needs=Need.WITHDRAWAL),
        Point("api", "commit update bookings", needs=Need.CANCELLING_IN_THE_RACE),
        Point("api", "commit update members", 3),
        Point("booker", "GET /timeinfo.php?fjernvikarid&lang&spilletid&timeid", needs=Need.WITHDRAWAL),
        Point("booker", "GET /timeinfo.php?lang&leggtilvikarid&spilletid&timeid", 18),
        Point("booker", "GET /timeinfo.php?lang&spilletid&timeid", 7),
        Point("booker", "HEAD /favicon.ico"),
        Point("booker", "HEAD /favicon.ico"),
        Point("booker", "POST /index.php?lang", 4),
        Point("booker", "answer 204", 3),
        Point("booker", "commit delete instances, insert instances"),
        Point("booker", "commit delete outbox", 4),
        Point("booker", "commit insert deliveries, insert messages", 4),
        Point("booker", "commit insert experiences"),
        Point("booker", "commit insert outbox, update bookings", 4),
        Point("booker", "commit insert secrets", 2),
        Point("booker", "commit update bookings", 12),
        Point("services", "GET /index.php?lang&uke"),
        Point("services", "GET /timeinfo.php?lang&leggtilvikarid&spilletid&timeid"),
        Point("services", "GET /timeinfo.php?lang&spilletid&timeid", 2),
        Point("services", "POST /index.php?lang"),
        Point("services", "answer 204", 21),
        Point("services", "commit delete member_messages, insert member_messages", 9),
        Point("services", "commit delete notes", 10),
        Point("services", "commit delete notes, insert notes"),
        Point("services", "commit delete outbox"),
        Point("services", "commit delete tallies"),
        Point("services", "commit delete tallies, insert tallies", 3),
        Point("services", "commit delete wakes, insert deliveries, insert messages"),
        Point("services", "commit delete watches"),
        Point("services", "commit insert deliveries, insert messages", 5),
        Point("services", "commit insert outbox, update bookings"),
        Point("services", "commit insert secrets"),
        Point("services", "commit insert wakes", 3),
        Point("services", "commit insert watches"),
        Point("services", "commit update bookings", 6),
        Point("services", "commit update deliveries", 34),
        Point("services", "commit update member_messages", 9),
        Point("services", "commit update members"),
        Point("services", "mail DATA"),
        Point("services", "mail MAIL FROM"),
        Point("services", "mail letter"),
        Point("services", "push BondSettled", needs=Need.CHOICE),
        Point("services", "push Booked", 3),
        Point("services", "push BookingCancelled", needs=Need.CANCELLING),
        Point("services", "push BookingRequested", 7),
        Point("services", "push OpeningDue", 2),
        Point("services", "push RaceDue", 2),
        Point("services", "push SessionFull", 2),
        Point("services", "push SweepDue", 2),
        Point("services", "push WatchDue"),
        Point("services", "push WithdrawalRequested", needs=Need.WITHDRAWAL),
        Point("services", "push Withdrawn", needs=Need.WITHDRAWAL),
    ),
    "emulators": (
        Point("api", "GET /timeinfo.php?lang&spilletid&timeid", 4),
        Point("api", "answer 201", 4),
        Point("api", "call Commit", 30),
        Point("api", "call Publish", 5),
        Point("booker", "GET /certs"),
        Point("booker", "GET /timeinfo.php?lang&leggtilvikarid&spilletid&timeid", 3),
        Point("booker", "GET /timeinfo.php?lang&spilletid&timeid", 6),
        Point("booker", "POST /index.php?lang", 4),
        Point("booker", "answer 204", 4),
        Point("booker", "call Commit", 22),
        Point("booker", "call Decrypt"),
        Point("booker", "call Publish", 4),
        Point("notifier", "GET /certs"),
        Point("notifier", "answer 204", 12),
        Point("notifier", "call Commit", 28),
        Point("notifier", "call CreateJob"),
        Point("notifier", "call Decrypt"),
        Point("notifier", "call GetJob"),
        Point("notifier", "mail DATA"),
        Point("notifier", "mail MAIL FROM"),
        Point("notifier", "mail letter"),
        Point("relay", "push Booked", 4),
        Point("relay", "push BookingCancelled", needs=Need.CANCELLING),
        Point("relay", "push BookingRequested", 8),
        Point("relay", "push OpeningDue", 3),
        Point("relay", "push RaceDue", 4),
        Point("relay", "push SessionFull", 2),
        Point("relay", "push SweepDue", 3),
        Point("relay", "push WatchDue"),
        Point("relay", "push WithdrawalRequested", needs=Need.WITHDRAWAL),
        Point("relay", "push Withdrawn", needs=Need.WITHDRAWAL),
        Point("stand-ins", "answer 200", 4),
        Point("timer", "answer 204", 10),
        Point("timer", "call Commit", 5),
        Point("timer", "call DeleteJob"),
        Point("timer", "call GetJob", 2),
        Point("timer", "call Publish", 8),
        Point("waitlist", "GET /index.php?lang&uke"),
        Point("waitlist", "GET /timeinfo.php?lang&leggtilvikarid&spilletid&timeid"),
        Point("waitlist", "GET /timeinfo.php?lang&spilletid&timeid", 2),
        Point("waitlist", "POST /index.php?lang"),
        Point("waitlist", "answer 204", 3),
        Point("waitlist", "call Commit", 9),
        Point("waitlist", "call Decrypt"),
        Point("waitlist", "call Publish", 2),
        Point("waitlist", "call GetJob"),
        Point("waitlist", "call PauseJob"),
    ),
}
