"""The tree of errors.

Three branches tell a caller what to do: `Transient` (the same call may succeed later), `Permanent` (it never will; tell
somebody why) and `Stale` (it was done already; go on). An error carries the facts that a person needs, never a secret.
"""

from enum import StrEnum


class AutotennisError(Exception):
    """The root of all errors that this project raises on purpose."""


class Transient(AutotennisError):
    """The same call may succeed later.

    `retry_after_s` is the least number of seconds to wait, where the other side named one.
    """

    def __init__(self, message: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class ClubUnreachable(Transient):
    """The club did not answer: no connection, no answer in time, or an answer cut short."""


class ClubUntrusted(ClubUnreachable):
    """Who answers at the club's address could not prove to be the club (its certificate): nothing was sent there."""


class ClubBusy(Transient):
    """The club asked us to keep away for a while (HTTP 403, 429 or 5xx)."""


class StoreBusy(Transient):
    """The store could not commit in time because others were writing."""


class ClaimHeld(Transient):
    """Another instance, `holder`, works on this booking; its claim has not run out."""

    def __init__(self, message: str, holder: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(message, retry_after_s=retry_after_s)
        self.holder = holder


class Permanent(AutotennisError):
    """The same call will never succeed."""


class LinkProblem(StrEnum):
    """What is wrong with a pasted link."""

    EMPTY = "empty"
    NOT_A_LINK = "not_a_link"
    OTHER_SITE = "other_site"
    NOT_A_SESSION = "not_a_session"
    NO_TIMEID = "no_timeid"
    BAD_TIMEID = "bad_timeid"
    NO_START = "no_start"
    BAD_START = "bad_start"


class BadLink(Permanent):
    """A pasted link does not lead to a session. `good_link` shows what one looks like."""

    def __init__(self, problem: LinkProblem, message: str, good_link: str) -> None:
        super().__init__(f"{message} A good link looks like this: {good_link}")
        self.problem = problem
        self.good_link = good_link


class LoginRefused(Permanent):
    """The club refused the e-mail and password. Never tried again without a person's doing.

    `reason` is what the club's page says of it, in its own words and language; empty if it says nothing.
    """

    def __init__(self, reason: str = "") -> None:
        super().__init__("The club refused the e-mail and password." + (f" It says: {reason}" if reason else ""))
        self.reason = reason


class PageNotUnderstood(Permanent):
    """A club page was not what we know. `fingerprint` identifies its structure and holds none of its content."""

    def __init__(self, message: str, fingerprint: str) -> None:
        super().__init__(f"{message} (page fingerprint {fingerprint})")
        self.fingerprint = fingerprint


class NotFound(Permanent):
    """There is no such member, booking or club."""


class EmailTaken(Permanent):
    """Another account has this e-mail address."""


class DuplicateBooking(Permanent):
    """The member has a live booking of this session. `booking_id` is that booking."""

    def __init__(self, booking_id: str) -> None:
        super().__init__(f"The member already has a live booking of this session: {booking_id}.")
        self.booking_id = booking_id


class IllegalMove(Permanent):
    """A fact arrived that can never follow the booking's state."""


class BadEvent(Permanent):
    """A message is not an event that we know: what is wrong with it stands in the text."""


class BadSettings(Permanent):
    """The settings are wrong or do not fit together: how to mend them stands in the text."""


class DatabaseDamaged(Permanent):
    """The database file cannot be read. It was left as it is."""


class VaultLocked(Permanent):
    """A secret cannot be opened: its key is missing, or it was sealed for somebody else."""


class Stale(AutotennisError):
    """The fact was recorded already. The delivery that brought it again is done."""
