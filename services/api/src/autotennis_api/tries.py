"""How often something may be tried, so that the pages are of no use for guessing passwords, here or at a club."""

import math
import threading
from enum import Enum
from ipaddress import ip_network

from limits import parse_many
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from autotennis.errors import Transient
from autotennis.ports import Clock


class TooManyTries(Transient):
    """It was tried too often; `wait_s` says how long to keep off."""

    def __init__(self, wait_s: float) -> None:
        super().__init__("Tried too often.", retry_after_s=wait_s)
        self.wait_s = wait_s


class Rule(Enum):
    """What is counted, and how often it may happen to one e-mail address, network address or member.

    A club's password may be a PIN of four digits: at ten tries a day, guessing one takes more than a year. Whoever
    guesses at somebody's account from elsewhere must not lock its owner out, so the tight limit on signing in counts
    e-mail and network address together, and the one for an e-mail from everywhere is loose.
    """

    CLUB_LOGIN_OF_EMAIL = "5 per hour; 10 per day"
    CLUB_LOGIN_FROM_ADDRESS = "10 per hour; 40 per day"
    SIGN_IN_OF_EMAIL = "100 per 15 minute"
    SIGN_IN_OF_EMAIL_FROM_ADDRESS = "10 per 15 minute"
    SIGN_IN_FROM_ADDRESS = "40 per 15 minute"
    PASSWORD_CHANGE_OF_MEMBER = "8 per 15 minute"  # noqa: S105 (how often, not a password)
    LOOK_OF_MEMBER = "40 per 5 minute"


class Tries:
    """Counts tries in the memory of this process: the pages are served by one process of many threads."""

    def __init__(self, clock: Clock, club_logins_per_hour: int) -> None:
        self._clock = clock
        self._counted = MovingWindowRateLimiter(MemoryStorage())
        self._club_logins = f"{club_logins_per_hour} per hour"
        self._lock = threading.Lock()

    def count(self, rule: Rule, who: str) -> None:
        """Counts one try. Raises TooManyTries, and counts nothing, when there were too many."""
        self._count(rule.name, rule.value, who)

    def count_club_login(self, email: str, address: str) -> None:
        """Counts a login at a club, by whoever is asked for, whoever asks, and in all. Raises TooManyTries."""
        self.count(Rule.CLUB_LOGIN_FROM_ADDRESS, address)
        self.count(Rule.CLUB_LOGIN_OF_EMAIL, email)
        self._count("CLUB_LOGIN", self._club_logins, "everybody")

    def forget(self, rule: Rule, who: str) -> None:
        """Starts counting afresh: whoever it was has shown to be no guesser."""
        for limit in parse_many(rule.value):
            self._counted.clear(limit, rule.name, who)

    def _count(self, name: str, limits: str, who: str) -> None:
        # Two limits are one decision: without the lock, a try could count for one and be refused by the other.
        with self._lock:
            items = parse_many(limits)
            for limit in items:
                if not self._counted.test(limit, name, who):
                    free_at_s = self._counted.get_window_stats(limit, name, who).reset_time
                    wait_s = max(1, math.ceil(free_at_s - self._clock.now().timestamp()))
                    raise TooManyTries(wait_s)
            for limit in items:
                self._counted.hit(limit, name, who)


def address_key(address: str) -> str:
    """What a network address is counted under: a household has one IPv4 address, or a whole /64 of IPv6 ones."""
    try:
        network = ip_network(address)
    except ValueError:
        return address
    return str(network) if network.version == 4 else str(network.supernet(new_prefix=64))
