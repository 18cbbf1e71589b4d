"""One thing after the other, with a pause between; and what the answers tell of the club's clock."""

from datetime import UTC, datetime

from autotennis.conformance.outcome import LeftAlone
from autotennis.ports import Answer, Clock
from autotennis.values import VerdictKind


class ClubTime:
    """The club's time at our readings: each answer's Date bounds it to a second and the way of the request."""

    def __init__(self, clock: Clock) -> None:
        # Until an answer tells more, the club's clock is thought to be within ten seconds of ours.
        ahead_s = clock.now().timestamp() - clock.monotonic_s()
        self._low_s, self._high_s = ahead_s - 10.0, ahead_s + 10.0

    def heard(self, answer: Answer) -> None:
        """Learns from the stamp of an answer."""
        if answer.date is None or answer.second_hand:
            return
        stamp_s = answer.date.timestamp()
        low_s, high_s = stamp_s - answer.received_s, stamp_s + 1 - answer.sent_s
        if max(low_s, self._low_s) < min(high_s, self._high_s):
            low_s, high_s = max(low_s, self._low_s), min(high_s, self._high_s)
        self._low_s, self._high_s = low_s, high_s

    def certain_at_s(self, instant: datetime) -> float:
        """The reading from which on the club's instant has certainly come."""
        return instant.timestamp() - self._low_s

    def possible_at_s(self, instant: datetime) -> float:
        """The reading before which it certainly has not."""
        return instant.timestamp() - self._high_s

    def instant_at(self, reading_s: float) -> datetime:
        """The club's time (UTC) at a reading, as well as it is known."""
        return datetime.fromtimestamp(reading_s + (self._low_s + self._high_s) / 2, UTC)


class Pace:
    """Keeps everything that is asked of the club apart by `pause_s`, whoever asks."""

    def __init__(self, clock: Clock, pause_s: float) -> None:
        self._clock = clock
        self._pause_s = pause_s
        self._free_s = clock.monotonic_s()
        self.time = ClubTime(clock)

    async def turn(self) -> None:
        """Returns when the next thing may be asked."""
        await self._clock.sleep_until(self._free_s)

    def asked(self) -> None:
        """Something was asked, and is answered now."""
        self._free_s = self._clock.monotonic_s() + self._pause_s

    def heard(self, answer: Answer) -> None:
        """Learns from an answer. Raises LeftAlone for one that asks for that."""
        self.time.heard(answer)
        if answer.verdict.kind is VerdictKind.BUSY:
            wait_s = answer.verdict.retry_after_s
            told = "" if wait_s is None else f" for {wait_s:.0f} s"
            raise LeftAlone(f"the club asks to be left alone{told} (HTTP {answer.status})")
