"""What must hold once a run is over, whatever was killed in it. Free of any I/O: it is given all that is known then.

What is said is held against the club's own record by the judge of a rehearsal's evening (`autotennis_local.evening`).
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain
from typing import Final

from autotennis.domain.booking import FINAL, Booking, State
from autotennis.domain.message import Message, MessageState
from autotennis.domain.pace import PROBES
from autotennis.values import FailureReason
from autotennis_local.evening.judging import GIVEN, GIVEN_UP, Evening, judged


class Invariant(StrEnum):
    """What must hold, in a sentence."""

    ONE_END = "each wish ends in exactly one final state"
    AGREED = "the club's record and what we say agree"
    ONE_PLACE = "a member gets at most one place in a session"
    ONE_CHOICE = "of sessions that are alternatives exactly one is got"
    WITHIN_CAP = "no booking sends more than the cap, and all that was sent is accounted for"
    PUBLISHED = "every fact is published at least once"
    ONE_EFFECT = "every fact has its effect once"
    NOTHING_WAITS = "nothing waits for ever"
    DONE = "what members asked for was done"


@dataclass(frozen=True, slots=True)
class Violation:
    """An invariant that did not hold, and how."""

    invariant: Invariant
    text: str


@dataclass(frozen=True)
class Known:
    """All that is known once a run is over.

    `published` counts how often each fact was published, by its id, and `keeps_once` tells whether the bus is one that
    keeps a fact once, however often it is published. `messages` are what members were to be told, and `letters` the
    `Message-ID` of each letter that came. `waiting` is what still waits, in words, and `refused` what members asked for
    in vain. `probes` is how often the club was asked for its clock alone. `kills` is how often a process died, and
    `visiting_kills` how often one did that asks the club.
    """

    bookings: Sequence[Booking]
    evening: Evening
    published: Counter[str]
    keeps_once: bool = True
    messages: Sequence[Message] = ()
    letters: Sequence[str] = ()
    waiting: Sequence[str] = ()
    refused: Sequence[str] = ()
    probes: int = 0
    kills: int = 0
    visiting_kills: int = 0


# A wish is looked at when it is made, and once more when its request comes again.
_BESIDE_EACH: Final = 6
# Fewer deaths than this leave a booking enough requests to look at the club's page.
_DEATHS_WITHIN_CAP: Final = 3


def violations(known: Known) -> list[Violation]:
    """All of them."""
    return list(
        chain(
            _ends(known),
            _agreed(known),
            _places(known),
            _choices(known),
            _within_cap(known),
            _published(known),
            _effects(known),
            _letters(known),
            (Violation(Invariant.NOTHING_WAITS, text) for text in known.waiting),
            (Violation(Invariant.DONE, text) for text in known.refused),
        )
    )


def _ends(known: Known) -> Iterator[Violation]:
    for booking in known.bookings:
        if booking.state not in FINAL | {State.BOOKED}:
            yield Violation(Invariant.ONE_END, f"{booking.id} is {booking.state}.")
    wished = Counter((one.member_id, one.session.key) for one in known.bookings if one.state not in FINAL)
    for (member_id, session), count in wished.items():
        if count > 1:
            yield Violation(Invariant.ONE_END, f"{member_id} has {count} live bookings of {session}.")
    for booking_id, kinds in _kinds(known).items():
        ends = [kind for kind in kinds if kind in {"Failed", "BookingCancelled", "Withdrawn"}]
        if len(ends) > 1:
            yield Violation(Invariant.ONE_END, f"{booking_id} ended more than once: {', '.join(ends)}.")


def _choices(known: Known) -> Iterator[Violation]:
    """Of sessions that a member would have one or another of they get exactly one."""
    bonds: dict[str, list[Booking]] = {}
    for booking in known.bookings:
        if booking.bond:
            bonds.setdefault(booking.bond.id, []).append(booking)
    for bound in bonds.values():
        won = [one.id for one in bound if one.state is State.BOOKED]
        if len(won) != 1 and _left_unknown(known).isdisjoint(one.id for one in bound):
            yield Violation(Invariant.ONE_CHOICE, f"Of {', '.join(one.id for one in bound)} {len(won)} were won.")


def _agreed(known: Known) -> Iterator[Violation]:
    unknown = _left_unknown(known)
    for broken in judged(known.evening, within_ms=float("inf")).broken:
        if not any(booking_id in broken.text for booking_id in unknown):
            yield Violation(Invariant.AGREED, f"{broken.promise}: {broken.text}")


def _left_unknown(known: Known) -> AbstractSet[str]:
    """Bookings of which nothing more can be found out, since deaths have used up what may be asked of the club.

    Their members are told that the club may have taken them all the same. Fewer leave enough to look.
    """
    if known.visiting_kills < _DEATHS_WITHIN_CAP:
        return frozenset()
    spent = (one for one in known.bookings if one.failure and one.failure.reason is FailureReason.REQUEST_CAP)
    return frozenset(one.id for one in spent)


def _places(known: Known) -> Iterator[Violation]:
    for session in known.evening.sessions.values():
        held: Counter[int] = Counter()
        for change in session.history:
            held[change.member_id] += (change.what in GIVEN) - (change.what in GIVEN_UP)
            if held[change.member_id] > 1 and not change.by_rival:
                yield Violation(Invariant.ONE_PLACE, f"Member {change.member_id} got two places in {session.timeid}.")


def _within_cap(known: Known) -> Iterator[Violation]:
    said: Counter[int] = Counter()
    wishes: Counter[int] = Counter()
    for wish in known.evening.wishes:
        said[wish.club_member_id] += wish.told.requests_sent
        wishes[wish.club_member_id] += 1
    for member_id, came in known.evening.requests.items():
        most = said[member_id] + _BESIDE_EACH * wishes[member_id]
        if came > most:
            text = f"The club received {came} requests of member {member_id}, but we say {said[member_id]}."
            yield Violation(Invariant.WITHIN_CAP, text)
    most = PROBES * (1 + known.kills)
    if known.probes > most:
        yield Violation(Invariant.WITHIN_CAP, f"The club's clock was asked for {known.probes} times, more than {most}.")


_FACTS: Final = {
    State.BOOKED: "Booked",
    State.WITHDRAWN: "Withdrawn",
    State.FAILED: "Failed",
    State.CANCELLED: "BookingCancelled",
}


# Of these a member hears who wishes to hear of everything.
_TOLD: Final = frozenset({"BookingRequested", "Booked", "Failed", "SessionFull", "Withdrawn"})


def _published(known: Known) -> Iterator[Violation]:
    for booking in known.bookings:
        owed = {"BookingRequested", _FACTS.get(booking.state, "BookingRequested")}
        owed |= {"SessionFull"} if booking.wait else set()
        owed |= {"Booked"} if booking.state is State.WITHDRAWN else set()
        for kind in sorted(owed):
            if not known.published[f"{kind}/{booking.id}"]:
                yield Violation(Invariant.PUBLISHED, f"{kind} of {booking.id} was never published.")


def _effects(known: Known) -> Iterator[Violation]:
    for fact_id, count in known.published.items():
        if known.keeps_once and count > 1:
            yield Violation(Invariant.ONE_EFFECT, f"{fact_id} is on the bus {count} times.")
    told = {message.fact.id for message in known.messages}
    for fact_id in known.published:
        if fact_id.partition("/")[0] in _TOLD and fact_id not in told:
            yield Violation(Invariant.ONE_EFFECT, f"Nobody was to be told of {fact_id}.")
    for message in known.messages:
        if message.state is MessageState.DEAD:
            yield Violation(Invariant.ONE_EFFECT, f"Message {message.id} was given up: {message.trouble}.")


def _letters(known: Known) -> Iterator[Violation]:
    # Who dies between sending and noting that sends the letter again.
    for letter, count in Counter(known.letters).items():
        if count > 1 + known.kills:
            yield Violation(Invariant.ONE_EFFECT, f"Letter {letter} came {count} times after {known.kills} kills.")
    sent = [message for message in known.messages if message.state is MessageState.SENT]
    if len(known.letters) > len(sent) + known.kills:
        yield Violation(Invariant.ONE_EFFECT, f"{len(known.letters)} letters came for {len(sent)} messages.")
    if sent and not known.letters:
        yield Violation(Invariant.ONE_EFFECT, f"No letter came for {len(sent)} messages.")


def _kinds(known: Known) -> Mapping[str, Sequence[str]]:
    kinds: dict[str, list[str]] = {}
    for fact_id in known.published:
        kind, _, about = fact_id.partition("/")
        kinds.setdefault(about, []).append(kind)
    return kinds
