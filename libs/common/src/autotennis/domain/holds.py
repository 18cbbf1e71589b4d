"""Places that a club holds for a member for a while: whether it may hold one, and how much of the cap that takes."""

from typing import Final

from autotennis.domain.club import RaceRules
from autotennis.values import Action, Verdict, VerdictKind

# The ways into a session.
SIGN_UPS: Final = frozenset({Action.SIGN_UP, Action.CONFIRM})
# What the club says of a place that is held is looked at once more, and then it is let go of.
LOOK_AND_RELEASE: Final = 2
RELEASE: Final = 1
# A look that shows one of these shows that no place is held: the club took the member, or did not take this sign-up.
_NOT_HELD: Final = frozenset(
    {
        VerdictKind.SIGNED_UP,
        VerdictKind.FREE,
        VerdictKind.FULL,
        VerdictKind.NOT_OPEN,
        VerdictKind.CANCELLED,
        VerdictKind.NO_SESSION,
        VerdictKind.ON_LIST,
    }
)


def kept_for_steps(rules: RaceRules) -> int:
    """How many requests a sign-up may cost beside itself and its proof: the steps, a look at them, the release."""
    return rules.steps + LOOK_AND_RELEASE if rules.steps else 0


class Holds:
    """Whether a club may hold a place for a member, by all that was asked of it and all that it said.

    Where a club takes no `steps`, it holds nothing, unless it says so.
    """

    def __init__(self, steps: int) -> None:
        self._steps = steps
        self._is_held = False
        # Sign-ups of which nothing is known.
        self._unsaid = 0

    @property
    def may_be(self) -> bool:
        """Whether a place may be held."""
        return self._is_held or bool(self._steps and self._unsaid)

    def asked(self, action: Action) -> None:
        """This was sent."""
        self._unsaid += action in SIGN_UPS

    def heard(self, action: Action, verdict: Verdict) -> None:
        """This was the answer to it."""
        kind = verdict.kind
        # What was taken, or let go of, is not held; whether it is so is for the next look to tell.
        is_over = action is Action.RELEASE or (action is Action.COMPLETE and kind is VerdictKind.SIGNED_UP)
        if is_over or (action is Action.LOOK and kind in _NOT_HELD):
            self._is_held, self._unsaid = False, 0
        elif action in SIGN_UPS and (kind in _NOT_HELD or kind is VerdictKind.HELD):
            # One that was answered after a look has settled how it stands is not reckoned with any more.
            self._unsaid = max(0, self._unsaid - 1)
        self._is_held |= kind is VerdictKind.HELD and action is not Action.RELEASE
