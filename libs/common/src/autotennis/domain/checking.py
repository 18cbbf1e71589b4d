"""A booking is checked before its opening: what that does to it."""

from datetime import datetime
from typing import Self

from autotennis.domain.checks import OF_THE_LOGIN, Checked, CheckRules, Finding, check_after
from autotennis.domain.record import Facts, Record
from autotennis.domain.states import State
from autotennis.errors import Stale
from autotennis.events import CheckDue, CheckFailed


class Checking(Record):
    """Is to be checked, and was."""

    @property
    def is_checkable(self) -> bool:
        """Whether nothing but its opening is waited for."""
        return self.state is State.SCHEDULED or self.is_given_back

    @property
    def to_check_at(self) -> datetime | None:
        """When it is to be checked; None while it is not."""
        return self.check_at if self.is_checkable else None

    @property
    def needs_a_login(self) -> bool:
        """Whether its last check found that the club does not let the member in."""
        failure = self.checked.failure if self.checked else None
        return self.is_checkable and failure is not None and failure.reason in OF_THE_LOGIN

    def next_check(self, rules: CheckRules, after: datetime) -> datetime | None:
        """When it is to be checked after that instant."""
        return check_after(after, self.opening_at, self.member_id, rules)

    def checks_planned(self, rules: CheckRules, now: datetime) -> "tuple[Self, Facts]":
        """It opens at another instant than before."""
        return self._with(now, check_at=self.next_check(rules, now)), ()

    def opening_told(self, opening_at: datetime, rules: CheckRules, now: datetime) -> "tuple[Self, Facts]":
        """The club's page tells another opening than was planned. That is no trouble: it is raced for then.

        Raises Stale if its opening is not waited for any more, or if it was told before.
        """
        if not self.is_checkable or self.opening_at == opening_at:
            raise Stale(f"Booking {self.id} opens at {self.opening_at.isoformat()}.")
        return self._opening_moved(opening_at, now).checks_planned(rules, now)

    def check_handed_over(
        self, due: CheckDue | None, was_at: datetime | None, rules: CheckRules, now: datetime
    ) -> "tuple[Self, Facts]":
        """Its check that was to be at that instant is under way, and the next one is planned.

        Of those that are checked together one has the event. Raises Stale if the check was handed over before.
        """
        if was_at is None or self.to_check_at != was_at:
            raise Stale(f"The check of booking {self.id} was handed over before.")
        return self._with(now, check_at=self.next_check(rules, max(now, was_at))), (due,) if due else ()

    def checked_anew(self, due: CheckDue | None, now: datetime) -> "tuple[Self, Facts]":
        """The member has mended the login that its check complained of: it is checked once more.

        Raises Stale if there is nothing to mend (any more).
        """
        if not self.needs_a_login:
            raise Stale(f"The login of booking {self.id} is not complained of.")
        return self._with(now, checked=None), (due,) if due else ()

    def check_put_off(self, at: datetime, rules: CheckRules, now: datetime) -> "tuple[Self, Facts]":
        """The club could not tell just now: it is asked again then, unless that would be too near to the opening."""
        if not self.is_checkable or at > self.opening_at - rules.quiet:
            raise Stale(f"There is no time left for a check of booking {self.id}.")
        return self._with(now, check_at=min(at, self.check_at or at)), ()

    def was_checked(self, found: Finding, now: datetime) -> "tuple[Self, Facts]":
        """A check has found this. The member is told of each cause once, until all is well again."""
        if not self.is_checkable:
            raise Stale(f"Booking {self.id} is {self.state.value}: it is not checked any more.")
        if found.failure is None:
            return self._with(now, checked=Checked(at=now)), ()
        told, reason = self.checked.told if self.checked else (), found.failure.reason
        after = tuple(dict.fromkeys((*told, reason)))
        checked = Checked(at=now, failure=found.failure, moved_to=found.moved_to, told=after)
        changed = self._with(now, checked=checked)
        failed = CheckFailed(**changed.about(now), failure=found.failure, moved_to=found.moved_to)
        return changed, (failed,) if reason not in told else ()
