"""An invitation: whoever has its link may register, so many in all, until a day."""

from datetime import datetime
from typing import Any, Final, Self

from pydantic import Field

from autotennis.errors import IllegalMove, Stale
from autotennis.values import Id, Instant, Value

MOST_USES: Final = 100
LONGEST_DAYS: Final = 90


class Invitation(Value):
    """So many may register by its link, until `expires_at`.

    `id` is the fingerprint of the link's secret part, which is kept nowhere. `made_by` is the operator's member id.
    """

    id: Id
    made_by: Id
    made_at: Instant
    expires_at: Instant
    most: int = Field(ge=1, le=MOST_USES)
    used: int = Field(default=0, ge=0)
    revoked_at: Instant | None = None

    def is_open(self, now: datetime) -> bool:
        """Whether somebody may register by it."""
        return self.revoked_at is None and now < self.expires_at and self.used < self.most

    def taken(self, now: datetime) -> Self:
        """Somebody registers by it. Raises IllegalMove if nobody may (any more)."""
        if not self.is_open(now):
            raise IllegalMove("Nobody can register by this invitation any more.")
        return self._with(used=self.used + 1)

    def given_back(self) -> Self:
        """Whoever took it has not registered after all."""
        return self._with(used=max(0, self.used - 1))

    def revoked(self, now: datetime) -> Self:
        """Nobody registers by it any more. Raises Stale if that is so already."""
        if self.revoked_at is not None:
            raise Stale("The invitation is revoked already.")
        return self._with(revoked_at=now)

    def _with(self, **changes: Any) -> Self:
        """A changed copy that is checked like a new one."""
        return type(self).model_validate({**dict(self), **changes})
