"""The report: what the record and the club's lists say, ready for JSON."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from practice_club.clock import NS_PER_MS, NS_PER_S
from practice_club.model import ClubModel, SessionKey
from practice_club.record import Record, RequestRecord
from practice_club.session import Change, Session
from practice_club.times import iso_utc, write_spilletid
from practice_club.trouble import Ban
from practice_club.vocabulary import Action, Verdict

AT_OPENING_MS = 1000.0
TAKING = frozenset({Action.SIGN_UP, Action.CONFIRM})
ACCEPTING = frozenset({Verdict.SIGNED_UP.value, Verdict.CONFIRMED.value})


def ms_after(moment_ns: int, reference_ns: int) -> float:
    """Milliseconds from the reference to the moment, to the microsecond."""
    return round((moment_ns - reference_ns) / NS_PER_MS, 3)


def full_report(model: ClubModel, record: Record, bans: Sequence[Ban], now_ns: int) -> dict[str, Any]:
    """Totals, logins, every session that was asked for or changed, and every request."""
    named = {(r.timeid, r.spilletid) for r in record.requests}
    sessions = [s for s in model.sessions.values() if s.history or (s.slot.timeid, write_spilletid(s.start)) in named]
    return {
        "now_ns": now_ns,
        "totals": totals(record, bans),
        "logins": per_login(record.requests),
        "sessions": [session_report(model, record, session, now_ns) for session in sessions],
        "requests": [asdict(request) for request in record.requests],
    }


def totals(record: Record, bans: Sequence[Ban]) -> dict[str, Any]:
    """Counts over every request that is kept."""
    requests = record.requests
    seconds = Counter(r.arrived_ns // NS_PER_S for r in requests)
    return {
        "requests": len(requests),
        "forgotten": record.total - len(requests),
        "connections": len({r.connection for r in requests}),
        "busiest_second": max(seconds.values(), default=0),
        "by_action": dict(Counter(r.action.value for r in requests)),
        "by_verdict": dict(Counter(r.verdict.value for r in requests if r.verdict)),
        "by_status": dict(Counter(str(r.status) for r in requests if r.status)),
        "by_user_agent": dict(Counter(r.user_agent for r in requests)),
        "bans": [ban._asdict() for ban in bans],
    }


def per_login(requests: Iterable[RequestRecord]) -> dict[str, dict[str, int]]:
    """For each member, and for "anonymous", how many requests in all and of each action."""
    counts: dict[str, Counter[str]] = {}
    for request in requests:
        who = "anonymous" if request.member_id is None else str(request.member_id)
        counts.setdefault(who, Counter()).update(("requests", request.action.value))
    return {who: dict(count) for who, count in counts.items()}


def session_facts(model: ClubModel, session: Session, now_ns: int) -> dict[str, Any]:
    """What a session is, and who has a place in it."""
    model.catch_up(session, now_ns)
    opens_ns = session.opens_ns(model.rules)
    announced_ns = session.announced_opening_ns(model.rules)
    return {
        "timeid": session.slot.timeid,
        "spilletid": write_spilletid(session.start),
        "kind": session.slot.kind.value,
        "level": session.slot.level.value,
        "capacity": session.slot.capacity,
        "opens_ns": opens_ns,
        "opens": iso_utc(opens_ns),
        "announced_ns": announced_ns,
        "starts_ns": session.starts_ns,
        "starts": iso_utc(session.starts_ns),
        "phase": session.phase(now_ns, model.rules).value,
        "cancelled": session.cancelled,
        "free": session.free(now_ns, model.rules),
        "members": session.takers(),
        "overbooked": session.unclaimed() < 0,
    }


def session_report(model: ClubModel, record: Record, session: Session, now_ns: int) -> dict[str, Any]:
    """One session: its opening, who got a place and when, and how it was asked for."""
    facts = session_facts(model, session, now_ns)
    opens_ns = session.opens_ns(model.rules)
    requests = record.of_session(SessionKey(session.slot.timeid, session.start))
    asking = [r for r in requests if r.action in TAKING]
    return {
        **facts,
        "accepted": [_change(c, opens_ns) for c in session.history if c.what in ACCEPTING],
        "history": [_change(c, opens_ns) for c in session.history],
        "requests": _around(requests, opens_ns),
        "sign_ups": {
            **_around(asking, opens_ns),
            "arrived_ms": [ms_after(r.arrived_ns, opens_ns) for r in asking],
            "decided_ms": [None if r.decided_ns is None else ms_after(r.decided_ns, opens_ns) for r in asking],
            "member_ids": [r.member_id for r in asking],
            "verdicts": [r.verdict and r.verdict.value for r in asking],
            "after_accepted": _after_accepted(asking),
            "by_member": dict(Counter(str(r.member_id) for r in asking)),
        },
    }


def _change(change: Change, opens_ns: int) -> dict[str, Any]:
    return {
        "member_id": change.member_id,
        "what": change.what,
        "at_ns": change.at_ns,
        "after_opening_ms": ms_after(change.at_ns, opens_ns),
        "by_rival": change.by_rival,
    }


def _around(requests: Iterable[RequestRecord], opens_ns: int) -> dict[str, int]:
    """How many arrived before the opening, in its first second, and later."""
    counts = {"before": 0, "at": 0, "after": 0}
    for request in requests:
        late_ms = ms_after(request.arrived_ns, opens_ns)
        counts["before" if late_ms < 0 else "at" if late_ms < AT_OPENING_MS else "after"] += 1
    return counts


def _after_accepted(asking: Iterable[RequestRecord]) -> int:
    """Sign-ups that came although an earlier one of the same member had been answered with a place."""
    answered_ns: dict[int | None, int] = {}
    late = 0
    for request in asking:
        late += request.arrived_ns > answered_ns.get(request.member_id, request.arrived_ns)
        if request.verdict is not None and request.verdict.value in ACCEPTING and request.answered_ns is not None:
            answered_ns.setdefault(request.member_id, request.answered_ns)
    return late
