"""How often something may be tried, so that the pages are of no use for guessing passwords, here or at a club."""

import hashlib
import math
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from ipaddress import ip_network
from typing import Final

from autotennis import signals
from autotennis.errors import Transient
from autotennis.metrics import Metrics
from autotennis.ports import Clock, Store
from autotennis_api.club_room import ClubRoom
from autotennis_api.lockouts import Lockout, about, note


class TooManyTries(Transient):
    """It was tried too often; `wait_s` says how long to keep off."""

    def __init__(self, wait_s: float) -> None:
        super().__init__("Tried too often.", retry_after_s=wait_s)
        self.wait_s = wait_s


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many within `per_s` seconds from the first one on."""

    most: int
    per_s: int


_A_QUARTER_S = 15 * 60
# As many as there are where nobody says otherwise.
_THREADS = 16
_AN_HOUR_S = 3600
_A_DAY_S = 24 * 3600


class Rule(Enum):
    """What is counted, and how often it may happen to one e-mail address, network address or member.

    A club's password may be a PIN of four digits: at ten tries a day, guessing one takes more than a year. Whoever
    guesses at somebody's account from elsewhere must not lock its owner out, so the tight limit on signing in counts
    e-mail and network address together, and the one for an e-mail from everywhere is loose.
    """

    CLUB_LOGIN_OF_EMAIL = (Limit(5, _AN_HOUR_S), Limit(10, _A_DAY_S))
    SIGN_IN_OF_EMAIL = (Limit(100, _A_QUARTER_S),)
    SIGN_IN_OF_EMAIL_FROM_ADDRESS = (Limit(10, _A_QUARTER_S),)
    SIGN_IN_FROM_ADDRESS = (Limit(40, _A_QUARTER_S),)
    PASSWORD_CHANGE_OF_MEMBER = (Limit(8, _A_QUARTER_S),)
    LOOK_OF_MEMBER = (Limit(40, 5 * 60),)
    API_REQUEST_OF_MEMBER = (Limit(600, 5 * 60),)
    WRONG_TOKEN_FROM_ADDRESS = (Limit(30, _A_QUARTER_S),)
    WRONG_LINK_FROM_ADDRESS = (Limit(50, _A_QUARTER_S),)
    CHANNEL_OF_MEMBER = (Limit(20, _AN_HOUR_S),)
    CHANNEL_TEST_OF_MEMBER = (Limit(30, _AN_HOUR_S),)
    STRANGE_ADDRESS_OF_MEMBER = (Limit(4, _AN_HOUR_S), Limit(10, _A_DAY_S))
    EXPORT_OF_MEMBER = (Limit(10, _AN_HOUR_S),)
    CALENDAR_OF_MEMBER = (Limit(60, _A_QUARTER_S),)
    CALENDAR_FROM_ADDRESS = (Limit(300, _A_QUARTER_S),)


# What keeps somebody from signing in: operators see it, and can end it for an account.
_OF_SIGNING_IN: Final = frozenset(
    {Rule.SIGN_IN_OF_EMAIL, Rule.SIGN_IN_OF_EMAIL_FROM_ADDRESS, Rule.SIGN_IN_FROM_ADDRESS}
)


class Tries:
    """Counts tries in the store, so that the limits hold for all instances of the pages together, and for ever."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        club_logins_per_hour: int,
        club_logins_per_address: int = 10,
        metrics: Metrics | None = None,
        room: ClubRoom | None = None,
    ) -> None:
        # Who tries something at a club waits for its answer.
        self.room = room or ClubRoom(_THREADS)
        self._store = store
        self._clock = clock
        self._metrics = metrics or Metrics()
        self._club_logins = Limit(club_logins_per_hour, _AN_HOUR_S)
        self._from_address = (Limit(club_logins_per_address, _AN_HOUR_S), Limit(club_logins_per_address * 4, _A_DAY_S))

    def count(self, rule: Rule, who: str) -> None:
        """Counts one try. Raises TooManyTries when there were too many, this one included."""
        for limit in rule.value:
            try:
                self._count(rule.name, limit, who)
            except TooManyTries as error:
                self._note(rule, limit, who, error.wait_s)
                raise

    def _note(self, rule: Rule, limit: Limit, who: str, wait_s: float) -> None:
        """For operators, if somebody cannot sign in for it."""
        if rule not in _OF_SIGNING_IN:
            return
        now = self._clock.now()
        # An address of the network has no blank in it.
        email = who if rule is Rule.SIGN_IN_OF_EMAIL else who.rpartition(" ")[0]
        reached = Lockout(
            rule=rule.name,
            key=_key(rule.name, limit, who),
            about=about(email) if email else "",
            until=now + timedelta(seconds=wait_s),
        )
        note(self._store, reached, now)

    def count_club_login(self, who: str, address: str) -> None:
        """Counts a login at a club, by whoever is asked for (an e-mail address, or a member who is signed in),
        whoever asks, and in all. Raises TooManyTries.
        """
        for limit in self._from_address:
            self._count("CLUB_LOGIN_FROM_ADDRESS", limit, address)
        self.count(Rule.CLUB_LOGIN_OF_EMAIL, who)
        self._count("CLUB_LOGIN", self._club_logins, "everybody")

    def forget(self, rule: Rule, who: str) -> None:
        """Starts counting afresh: whoever it was has shown to be no guesser."""
        for limit in rule.value:
            self._store.forget_tally(_key(rule.name, limit, who))

    def _count(self, name: str, limit: Limit, who: str) -> None:
        now = self._clock.now()
        tally = self._store.tally(_key(name, limit, who), now, timedelta(seconds=limit.per_s))
        if tally.count > limit.most:
            signals.tried_too_often(self._metrics, name)
            raise TooManyTries(max(1, math.ceil((tally.until - now).total_seconds())))


def _key(name: str, limit: Limit, who: str) -> str:
    # What is counted outlives an account for a while: it must not tell whose it was.
    return f"{name}/{limit.per_s}/{hashlib.sha256(who.encode()).hexdigest()}"


def address_key(address: str) -> str:
    """What a network address is counted under: a household has one IPv4 address, or a whole /64 of IPv6 ones."""
    try:
        network = ip_network(address)
    except ValueError:
        return address
    return str(network) if network.version == 4 else str(network.supernet(new_prefix=64))
