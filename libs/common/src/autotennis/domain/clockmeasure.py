"""From the club's answers to what is known of its clock: which of them to believe, and what they prove together.

With `phi` as in `clubclock`, an answer to a request sent at `t`, stamped with the second `D` and slower than the
quickest one by `e`, proves `D - t - e <= phi < D + 1 - t`. What all answers prove is intersected. The quickest answer
seen is a little slower than the quickest possible; by how much is guessed from the jitter, and added to each `e`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from math import prod
from typing import Final

from autotennis.domain.clockevidence import STAMP_S, Network, Prior, Probe, doubts_of_copies, drifted, sorted_out
from autotennis.domain.clubclock import ClubClock, Span
from autotennis.values import ClockDoubt

# What is believed and verified may be wider by this factor before it is worth a request: it lacks but one answer.
_CONTENT: Final = 2.0
# What is believed and wider by this factor is not worth verifying before it was cut.
_VAGUE: Final = 16.0
# An edge is verified by an answer that was aimed this far outside it, and so many times the jitter: what contradicts
# the edge has to do so by more than a slow answer explains.
_MARGIN_S: Final = 0.001
_OUTSIDE_NEW: Final = 4.0
_OUTSIDE_OLD: Final = 2.0
# And farther by the jitter that was not seen yet: while a clock is being measured as much as this, or as this share of
# a round trip. What is older may be off by little, and is verified closer.
_UNSEEN_S: Final = 0.01
_UNSEEN_SHARE: Final = 0.5
_UNSEEN_OF_OLD_S: Final = 0.005
# More steps than this in a few minutes are none, but several servers.
_MOST_STEPS: Final = 2
# So many answers about an edge are hardly all of the wrong server, if they are asked for over several connections.
_AGREEING: Final = 2
# So many answers that move the same edge make one doubt the other: fewer while a clock is being measured, when a step
# meanwhile would show in nothing else.
_ONE_SIDED: Final = 4
_ONE_SIDED_IN_MEASURING: Final = 2
# A copy in a cache is stamped too early by more than this, or does no harm.
_OLD_S: Final = 1.0
# A span is weighed in so many parts; and what an answer says cannot be is this likely all the same.
_PARTS: Final = 24
_FREAK: Final = 1e-3


@dataclass(frozen=True, slots=True)
class _Run:
    """Answers in a row that agree: the indices from `start` up to `end`, and the span that they leave at `at_s`.

    `since_low` and `since_high` count the answers that moved the other edge since one has confirmed this.
    """

    start: int
    end: int
    at_s: float
    span: Span
    since_low: int = 0
    since_high: int = 0

    @property
    def answers(self) -> int:
        return self.end - self.start

    def span_at(self, now_s: float) -> Span:
        """What is left of it later."""
        return drifted(self.span, now_s - self.at_s)


def measured(
    probes: Sequence[Probe], now_s: float | None = None, prior: Prior | None = None, fresh_since_s: float = 0.0
) -> ClubClock | None:
    """The club's clock at the reading `now_s` (or at the last answer) by these probes, oldest first; None without any.

    Its questions ask to verify what no answer confirms that was sent since `fresh_since_s`.
    """
    moving, first = sorted_out(probes)
    doubts = doubts_of_copies(probes)
    if not moving:
        return _by_prior(prior, now_s, doubts)
    now_s = moving[-1].received_s if now_s is None else now_s
    found = _Judge(moving, now_s, fresh_since_s).verdict(prior, doubts)
    if agreeing := [probe for probe in first if found and _agrees(probe, found)]:
        kept = sorted((*moving, *agreeing), key=lambda probe: probe.sent_s)
        return _Judge(kept, now_s, fresh_since_s).verdict(prior, doubts)
    return found


def weighed(clock: ClubClock, probes: Sequence[Probe]) -> ClubClock:
    """With how likely phi is in each part of its span: what an answer's delay leaves open is not all as likely.

    Only the answers that agree with it count. Where the servers behind the name differ, nobody can tell.
    """
    agreeing = [probe for probe in probes if not probe.second_hand and _agrees(probe, clock)]
    if not agreeing or ClockDoubt.SEVERAL_SERVERS in clock.doubts:
        return clock
    network = replace(Network.seen(agreeing, None), quickest_s=clock.round_trip_s, jitter_s=clock.jitter_s)
    ways = [(probe, network.way_there_s(probe)) for probe in agreeing]
    part_s = clock.width_s / _PARTS
    middles = (clock.low_s + part_s * (number + 0.5) for number in range(_PARTS))
    return replace(clock, weights=tuple(prod(_chance(phi_s, *way) for way in ways) for phi_s in middles))


def _agrees(probe: Probe, clock: ClubClock) -> bool:
    """Whether an answer that may be an old copy can be right by what is known without it."""
    latest_s = probe.date.timestamp() + STAMP_S - probe.sent_s
    earliest_s = latest_s - STAMP_S - (probe.round_trip_s - clock.round_trip_s)
    return earliest_s < clock.high_s and clock.low_s < latest_s


def _by_prior(prior: Prior | None, now_s: float | None, doubts: set[ClockDoubt]) -> ClubClock | None:
    if prior is None:
        return None
    span = prior.span_at(prior.at_s if now_s is None else now_s)
    found = ClubClock(span.low_s, span.high_s, prior.round_trip_s, 0, prior.jitter_s, tuple(sorted(doubts)))
    return replace(found, questions=_around(span, _outside_s(prior.jitter_s)))


def _outside_s(jitter_s: float) -> float:
    """How far outside an edge that is known from earlier an answer has to be aimed to verify it."""
    return _MARGIN_S + _OUTSIDE_OLD * jitter_s + _UNSEEN_OF_OLD_S


def _around(span: Span, outside_s: float) -> tuple[Span, Span]:
    """The questions that verify the two edges: surely phi, and whatever delays a request on its way, lies between."""
    below_s, above_s = span.low_s - outside_s, span.high_s + outside_s
    return Span(below_s, below_s), Span(above_s, above_s)


class _Judge:
    """Weighs answers whose dates move, the oldest first."""

    def __init__(self, probes: Sequence[Probe], now_s: float, fresh_since_s: float) -> None:
        self._probes = probes
        self._now_s = now_s
        self._fresh_since_s = fresh_since_s

    def verdict(self, prior: Prior | None, doubts: set[ClockDoubt]) -> ClubClock | None:
        self._network = Network.seen(self._probes, prior)
        self._proofs = [self._proof(probe) for probe in self._probes]
        runs = self._runs(prior)
        if (old := _old_answer(runs)) is not None:
            fewer = [*self._probes[:old], *self._probes[old + 1 :]]
            doubts = doubts | {ClockDoubt.IMPLAUSIBLE}
            if not fewer:
                return _by_prior(prior, self._now_s, doubts)
            return _Judge(fewer, self._now_s, self._fresh_since_s).verdict(prior, doubts)
        if prior and len(runs) > 1:
            return self.verdict(None, doubts | ({ClockDoubt.STEPPED} if prior.ours else set()))
        return self._concluded(runs, prior, doubts)

    def _proof(self, probe: Probe) -> Span:
        """What one answer proved when it was asked for."""
        stamp_s = probe.date.timestamp()
        excess_s = probe.round_trip_s - self._network.quickest_s + self._network.short_s
        return Span(stamp_s - probe.sent_s - excess_s, stamp_s + STAMP_S - probe.sent_s)

    def _runs(self, prior: Prior | None) -> list[_Run]:
        runs = [] if prior is None else [_Run(0, 0, prior.at_s, prior.span)]
        for index, (probe, proof) in enumerate(zip(self._probes, self._proofs, strict=True)):
            longer = self._longer(runs[-1], probe.sent_s, proof) if runs else None
            if longer:
                runs[-1] = longer
            else:
                runs.append(_Run(index, index + 1, probe.sent_s, proof))
        return runs

    def _longer(self, run: _Run, sent_s: float, proof: Span) -> _Run | None:
        """The run with one answer more; None if that contradicts it."""
        before = run.span_at(sent_s)
        common = self._common(before, proof)
        if common is None:
            return None
        near_s = self._farthest_outside_s + _MARGIN_S + 2 * self._network.jitter_s
        since_low = run.since_low + (common.high_s < before.high_s)
        since_high = run.since_high + (common.low_s > before.low_s)
        return replace(
            run,
            end=run.end + 1,
            at_s=sent_s,
            span=common,
            since_low=0 if proof.low_s >= common.low_s - near_s else since_low,
            since_high=0 if proof.high_s <= common.high_s + near_s else since_high,
        )

    def _common(self, one: Span, other: Span) -> Span | None:
        """What both allow. A contradiction that the network's jitter explains is none."""
        low_s, high_s = max(one.low_s, other.low_s), min(one.high_s, other.high_s)
        if low_s < high_s:
            return Span(low_s, high_s)
        slack_s = self._network.slack_s
        return Span(high_s, low_s).widened(slack_s / 2) if low_s - high_s <= slack_s else None

    def _concluded(self, runs: Sequence[_Run], prior: Prior | None, doubts: set[ClockDoubt]) -> ClubClock:
        last = runs[-1]
        span = last.span_at(self._now_s)
        if len(runs) == 1:
            return self._clock(span, last.answers, doubts, self._questions(last, prior))
        if self._alternate(runs):
            return self._several(runs[1].start, doubts | {ClockDoubt.SEVERAL_SERVERS})
        doubts = doubts | {ClockDoubt.STEPPED}
        if last.answers > 1:
            return self._clock(span, last.answers, doubts, self._questions(last, None))
        # Nobody knows yet whether the clock stepped or another server answered: the next answer will tell.
        before = runs[-2].span_at(self._now_s)
        gap = Span(min(before.high_s, span.high_s), max(before.low_s, span.low_s))
        return self._clock(before.around(span), 1, doubts, (gap,))

    def _alternate(self, runs: Sequence[_Run]) -> bool:
        """Whether the contradictions come and go, rather than set what is new against what is old."""
        pairs = ((runs[i], runs[j]) for i, j in combinations(range(len(runs)), 2) if j - i > 1)
        return len(runs) > _MOST_STEPS + 1 or any(self._common(a.span_at(b.at_s), b.span) for a, b in pairs)

    def _several(self, first: int, doubts: set[ClockDoubt]) -> ClubClock:
        """The hull of the servers' clocks.

        Some server's phi lies below the least upper bound, and some one's above the greatest lower bound. Which server
        gave an answer is not known, so that an edge farther out counts once some answers agree on it. Those before the
        `first` contradiction do not count for that: they may all be of one server.
        """
        timed = zip(self._probes, self._proofs, strict=True)
        spans = [drifted(proof, self._now_s - probe.sent_s) for probe, proof in timed]
        least_high_s = min(span.high_s for span in spans)
        greatest_low_s = max(span.low_s for span in spans)
        lows = sorted((span.low_s for span in spans[first:] if span.low_s < least_high_s), reverse=True)
        highs = sorted(span.high_s for span in spans[first:] if span.high_s > greatest_low_s)
        hull = Span(lows[:_AGREEING][-1], highs[:_AGREEING][-1])
        outer = (Span(hull.low_s, least_high_s), Span(greatest_low_s, hull.high_s))
        questions = sorted(outer, key=lambda span: span.width_s, reverse=True)
        if questions[0].width_s <= self._network.narrow_s:
            questions = list(_around(hull, _outside_s(self._network.jitter_s)))
        return self._clock(hull, len(self._probes), doubts, tuple(questions))

    @property
    def _farthest_outside_s(self) -> float:
        """Where the jitter is not known yet, one way takes this much longer at most."""
        unseen_s = max(_UNSEEN_S, _UNSEEN_SHARE * self._network.quickest_s)
        return _MARGIN_S + _OUTSIDE_NEW * self._network.jitter_s + unseen_s

    def _clock(self, span: Span, probes: int, doubts: set[ClockDoubt], questions: tuple[Span, ...]) -> ClubClock:
        network = self._network
        told = tuple(sorted(doubts))
        return ClubClock(span.low_s, span.high_s, network.quickest_s, probes, network.jitter_s, told, questions)

    def _questions(self, run: _Run, prior: Prior | None) -> tuple[Span, ...]:
        """What is being measured is cut until it is narrow. What rests on older knowledge is verified first.

        Unless that is so vague that to cut it tells more: then verification comes last.
        """
        span, narrow_s = run.span_at(self._now_s), self._network.narrow_s
        width_s = span.width_s
        rests_on_old = prior is not None or self._probes[run.start].sent_s < self._fresh_since_s
        is_measuring = not rests_on_old or width_s > _VAGUE * narrow_s
        if is_measuring:
            edges = self._unverified(run, span, _ONE_SIDED_IN_MEASURING, self._farthest_outside_s)
            return (span, *edges) if width_s > narrow_s else edges
        edges = self._unverified(run, span, _ONE_SIDED, _outside_s(self._network.jitter_s))
        return (*edges, span) if width_s > _CONTENT * narrow_s else edges

    def _unverified(self, run: _Run, span: Span, one_sided: int, outside_s: float) -> tuple[Span, ...]:
        """The edges that no fresh answer confirms, or that have been the lucky ones too often.

        Cutting inside a span never contradicts it: if the clock steps meanwhile, all answers move the same edge.
        """
        jitter_s = self._network.jitter_s
        below, above = _around(span, outside_s)
        fresh = [n for n in range(run.start, run.end) if self._probes[n].sent_s >= self._fresh_since_s]
        low_s = max((self._proofs[n].low_s for n in fresh), default=-float("inf"))
        high_s = min((self._proofs[n].high_s for n in fresh), default=float("inf"))
        edges: list[Span] = []
        if low_s < below.low_s - 2 * jitter_s - _MARGIN_S or run.since_low >= one_sided:
            edges.append(below)
        if high_s > above.high_s + _MARGIN_S or run.since_high >= one_sided:
            edges.append(above)
        return tuple(edges)


def _chance(phi_s: float, probe: Probe, way_s: Span) -> float:
    """How likely an answer is stamped as it was if phi is this, when all delays on its way there are as likely."""
    second_s = probe.date.timestamp() - probe.sent_s - phi_s
    reached = min(1.0, max(0.0, (way_s.high_s - second_s) / way_s.width_s))
    passed = min(1.0, max(0.0, (way_s.high_s - second_s - STAMP_S) / way_s.width_s))
    return max(_FREAK, reached - passed)


def _old_answer(runs: Sequence[_Run]) -> int | None:
    """The index of an answer that stands alone, stamped long before what those around it say: a copy of an old one.

    A clock that was put back looks the same at first, until a second answer agrees.
    """
    for place, run in enumerate(runs):
        around = [*runs[max(0, place - 1) : place], *runs[place + 1 : place + 2]]
        if run.answers == 1 and around and all(one.span.low_s - run.span.high_s > _OLD_S for one in around):
            return run.start
    return None
