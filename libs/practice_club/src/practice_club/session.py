"""One session: who has a place, and the rules by which places are taken. Pure: every method is given the instant.

The life of a session with regular players (seen on saved pages of 2017): from seven days before, regulars confirm or
decline; a declined place is free at once; at the opening all who have not confirmed are set to "not coming" by the
system, and their places and the vacant ones are free for all members; at the start everything ends.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from practice_club.clock import NS_PER_S
from practice_club.people import Slot
from practice_club.times import CONFIRM_DAYS_BEFORE, days_before_ns, instant_ns, opening_ns
from practice_club.vocabulary import Coming, DstRule, Phase, Verdict


@dataclass(frozen=True, slots=True)
class Rules:
    """The club's rules that a knob can change."""

    dst_rule: DstRule = DstRule.ELAPSED
    opening_late_s: float = 0.0
    opening_late_random_s: tuple[float, float] = (0.0, 0.0)
    withdrawal_closes_h: float | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """Something that happened to a member's place, at an instant of the club's clock."""

    at_ns: int
    member_id: int
    what: str
    by_rival: bool = False


@dataclass(slots=True)
class Session:
    """The session of a slot at one start. `luck`, from 0 to 1, is how late it opens where that is left to chance."""

    slot: Slot
    start: datetime
    luck: float = 0.0
    substitutes: dict[int, int] = field(default_factory=dict[int, int])
    said: dict[int, bool] = field(default_factory=dict[int, bool])
    cancelled: bool = False
    caught_up_ns: int = 0
    history: list[Change] = field(default_factory=list[Change])
    starts_ns: int = field(init=False)

    def __post_init__(self) -> None:
        self.starts_ns = instant_ns(self.start)

    def announced_opening_ns(self, rules: Rules) -> int:
        """The opening that the page's countdown speaks of."""
        return opening_ns(self.start, rules.dst_rule)

    def opens_ns(self, rules: Rules) -> int:
        """The opening as the club enforces it."""
        least_s, most_s = rules.opening_late_random_s
        late_s = rules.opening_late_s + least_s + self.luck * (most_s - least_s)
        return self.announced_opening_ns(rules) + round(late_s * NS_PER_S)

    def confirming_from_ns(self, rules: Rules) -> int:
        """From when regular players can say whether they come."""
        return days_before_ns(self.start, CONFIRM_DAYS_BEFORE, rules.dst_rule)

    def phase(self, now_ns: int, rules: Rules) -> Phase:
        """Where the session stands at an instant."""
        if now_ns >= self.starts_ns:
            return Phase.PAST
        if now_ns >= self.opens_ns(rules):
            return Phase.OPEN
        return Phase.CONFIRMING if now_ns >= self.confirming_from_ns(rules) else Phase.EARLY

    def boundaries_ns(self, rules: Rules) -> Iterable[int]:
        """The instants at which the session changes by itself."""
        return (self.confirming_from_ns(rules), self.opens_ns(rules), self.starts_ns)

    def is_regular(self, member_id: int) -> bool:
        """Whether the member has a fixed place in this slot."""
        return member_id in self.slot.regulars

    def coming(self, member_id: int, now_ns: int, rules: Rules) -> Coming:
        """What is known of a regular player's coming at an instant."""
        said = self.said.get(member_id)
        if said is not None:
            return Coming.YES if said else Coming.NO
        phase = self.phase(now_ns, rules)
        if phase is Phase.EARLY:
            return Coming.UNASKED
        return Coming.UNCONFIRMED if phase is Phase.CONFIRMING else Coming.NO_BY_SYSTEM

    def takers(self) -> list[int]:
        """Members who have a place: regulars who confirmed, then substitutes in the order of their sign-up."""
        regulars = [member_id for member_id in self.slot.regulars if member_id is not None and self.said.get(member_id)]
        return [*regulars, *self.substitutes]

    def has_place(self, member_id: int) -> bool:
        """Whether the member has a place for certain."""
        return member_id in self.substitutes or bool(self.said.get(member_id))

    def unclaimed(self) -> int:
        """Places that nobody has for certain, whoever they are kept for."""
        return self.slot.capacity - len(self.takers())

    def free(self, now_ns: int, rules: Rules) -> int:
        """Places that a member who is no regular here can take at this instant."""
        phase = self.phase(now_ns, rules)
        if self.cancelled or phase in {Phase.EARLY, Phase.PAST}:
            return 0
        if phase is Phase.OPEN:
            return self.unclaimed()
        declined = sum(1 for comes in self.said.values() if not comes)
        return max(0, declined - len(self.substitutes))

    def withdrawal_is_open(self, now_ns: int, rules: Rules) -> bool:
        """Whether a substitute can still give the place back."""
        closes_ns = self.starts_ns - round((rules.withdrawal_closes_h or 0) * 3600 * NS_PER_S)
        return not self.cancelled and now_ns < closes_ns

    def sign_up(self, member_id: int, now_ns: int, rules: Rules, *, by_rival: bool = False) -> Verdict:
        """Take a place as a substitute. Asking again does no harm."""
        closed = self._closed(now_ns)
        if closed is not None:
            return closed
        if member_id in self.substitutes:
            return Verdict.ALREADY
        if self.is_regular(member_id):
            return Verdict.IS_REGULAR
        if self.free(now_ns, rules) < 1:
            return Verdict.FULL if self.phase(now_ns, rules) is Phase.OPEN else Verdict.NOT_OPEN
        self.seat(member_id, now_ns, by_rival=by_rival)
        return Verdict.SIGNED_UP

    def seat(self, member_id: int, now_ns: int, *, by_rival: bool = False) -> None:
        """Give the member a substitute's place, whatever the rules say. Raises ValueError if there is none left."""
        if self.unclaimed() < 1:
            raise ValueError("the session has no place left")
        self.substitutes[member_id] = now_ns
        self._note(now_ns, member_id, Verdict.SIGNED_UP, by_rival=by_rival)

    def unseat(self, member_id: int, now_ns: int, what: str, *, by_rival: bool = False) -> None:
        """Take a substitute's place away. Raises KeyError if the member is not a substitute."""
        del self.substitutes[member_id]
        self._note(now_ns, member_id, what, by_rival=by_rival)

    def withdraw(self, member_id: int, now_ns: int, rules: Rules) -> Verdict:
        """Give a substitute's place back."""
        closed = self._closed(now_ns)
        if closed is not None:
            return closed
        if member_id not in self.substitutes:
            return Verdict.NOT_SIGNED_UP
        if not self.withdrawal_is_open(now_ns, rules):
            return Verdict.WITHDRAWAL_CLOSED
        self.unseat(member_id, now_ns, Verdict.WITHDRAWN)
        return Verdict.WITHDRAWN

    def can_confirm(self, member_id: int, now_ns: int, rules: Rules) -> bool:
        """Whether a regular player's "coming" would be taken now: the own place is kept, or one is free."""
        coming = self.coming(member_id, now_ns, rules)
        if coming is Coming.UNCONFIRMED:
            return self.unclaimed() > 0
        return coming in {Coming.NO, Coming.NO_BY_SYSTEM} and self.free(now_ns, rules) > 0

    def confirm(self, member_id: int, now_ns: int, rules: Rules) -> Verdict:
        """A regular player comes."""
        refusal = self._not_for_regular(member_id, now_ns, rules)
        if refusal is not None:
            return refusal
        if self.said.get(member_id):
            return Verdict.ALREADY
        if not self.can_confirm(member_id, now_ns, rules):
            return Verdict.FULL
        self.said[member_id] = True
        self._note(now_ns, member_id, Verdict.CONFIRMED)
        return Verdict.CONFIRMED

    def decline(self, member_id: int, now_ns: int, rules: Rules) -> Verdict:
        """A regular player does not come: the place is free at once."""
        refusal = self._not_for_regular(member_id, now_ns, rules)
        if refusal is not None:
            return refusal
        self.say_no(member_id, now_ns)
        return Verdict.DECLINED

    def say_no(self, member_id: int, now_ns: int) -> None:
        """A regular player's no, whatever the rules say."""
        self.said[member_id] = False
        self._note(now_ns, member_id, Verdict.DECLINED)

    def _closed(self, now_ns: int) -> Verdict | None:
        if self.cancelled:
            return Verdict.CANCELLED
        return Verdict.PAST if now_ns >= self.starts_ns else None

    def _not_for_regular(self, member_id: int, now_ns: int, rules: Rules) -> Verdict | None:
        if not self.is_regular(member_id):
            return Verdict.NOT_REGULAR
        if self.phase(now_ns, rules) is Phase.EARLY:
            return Verdict.NOT_OPEN
        return self._closed(now_ns)

    def _note(self, now_ns: int, member_id: int, what: str, *, by_rival: bool = False) -> None:
        self.history.append(Change(now_ns, member_id, what, by_rival))
