"""What a person is told of an evening, in lines that fit a phone."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from autotennis.domain.booking import State
from autotennis_local.evening.judging import Judgement, Row
from autotennis_local.evening.programme import Opening, Programme


def stamped(now: datetime, text: str) -> str:
    """A line of what happens, with the reader's own time of day."""
    return f"{now.astimezone():%H:%M:%S} {text}"


def plan(programme: Programme) -> list[str]:
    """What will be done."""
    openings, minutes = len(programme.openings), programme.lasts_s / 60
    return [
        f"{openings} openings in {minutes:.1f} minutes,",
        f"{programme.wishes} wishes of {programme.members} members.",
        f"At most {programme.most_requests} requests to the club,",
        "by the caps; a tenth of that is usual.",
        "Members, accounts and sessions are made",
        "for it, and taken away again.",
    ]


def over(now: datetime, opening: Opening, states: Iterable[State]) -> str:
    """That an opening is over, and how its wishes ended."""
    return stamped(now, f"{opening.number:>3} {opening.kind:<16} {_counted(Counter(states))}")


def _counted(states: Counter[State]) -> str:
    return ", ".join(f"{count} {state}" for state, count in sorted(states.items()))


def table(judgement: Judgement) -> list[str]:
    """The whole evening."""
    head = f"{'#':>3} {'opening':<16} {'wishes':>6} {'first yes':>12}"
    lines = [head, *(_row(row) for row in judgement.rows)]
    if judgement.first_ms:
        least, middle, most = judgement.first_ms
        lines += ["First yes, ms after the opening, by the", "club's record, where nothing was wrong:"]
        lines += [f"least {least:.1f}, median {middle:.1f}, most {most:.1f}"]
    lines.append(f"Requests that the club received: {judgement.requests_total}")
    lines += [f"BROKEN ({one.promise}), opening {one.opening}: {one.text}" for one in judgement.broken]
    lines.append("A promise was broken." if judgement.broken else "No promise was broken.")
    return lines


def _row(row: Row) -> str:
    first = "-" if row.first_ms is None else f"{row.first_ms:.1f} ms"
    wishes = sum(row.states.values())
    return f"{row.opening.number:>3} {row.opening.kind:<16} {wishes:>6} {first:>12}\n    {_counted(row.states)}"


def as_json(programme: Programme, judgement: Judgement) -> dict[str, Any]:
    """The same for programs. Instants are ms after the opening, by the club's own record."""
    least, middle, most = judgement.first_ms or (None, None, None)
    return {
        "ok": not judgement.broken,
        "broken": [asdict(one) for one in judgement.broken],
        "members": programme.members,
        "wishes": programme.wishes,
        "first_accept_ms": {"min": least, "median": middle, "max": most},
        "requests_total": judgement.requests_total,
        "openings": [
            {
                "number": row.opening.number,
                "kind": row.opening.kind.name.lower(),
                "states": dict(sorted(row.states.items())),
                "first_accept_ms": row.first_ms,
            }
            for row in judgement.rows
        ],
    }
