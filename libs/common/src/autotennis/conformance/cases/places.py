"""Taking a place and giving it back, seen by who takes it and by another member."""

from autotennis.conformance.desk import Desk
from autotennis.conformance.guest import Guest, Member
from autotennis.conformance.outcome import Missing, promise
from autotennis.ports import Answer
from autotennis.values import Session, Verdict, VerdictKind


async def full(desk: Desk) -> str:
    """A full session says so to whoever has no place in it, also if asked for one."""
    session = await desk.session("full")
    member = await desk.member(min(1, len(desk.order.logins) - 1) if desk.order.logins else 0)
    kind = await member.guest.says(session)
    promise(kind is VerdictKind.FULL, f"the page of a full session says `{kind}`")
    if desk.order.look_only:
        return "the page says full; nothing was asked for"
    desk.touched(member, session)
    kind = (await member.act(lambda visit: visit.sign_up, session)).verdict.kind
    promise(kind is VerdictKind.FULL, f"a sign-up for a full session is answered with `{kind}`")
    return "the page says full, and so does the answer to a sign-up"


async def sign_up(desk: Desk) -> str:
    """A free place is asked for, is the member's, and is one."""
    session, member = await desk.session("free"), await desk.member()
    before = await member.guest.look(session)
    kind = before.verdict.kind
    promise(kind is VerdictKind.FREE, f"before anything is asked for, the page of a free session says `{kind}`")
    free = await _left(desk, session, before)
    desk.touched(member, session)
    way = await taken(member, session, await member.act(lambda visit: visit.sign_up, session))
    desk.signed_up = session
    return f"{way}, and a look says signed_up; {await _one_less(desk, session, free)}"


async def again(desk: Desk) -> str:
    """A second sign-up changes nothing."""
    session, member = _session(desk), await desk.member()
    if not desk.club.rules.race.repeats:
        raise Missing("nothing to try: the kind declares that a second sign-up may take a second place (`repeats`)")
    free = await _left(desk, session, await member.guest.look(session))
    kind = (await member.act(lambda visit: visit.sign_up, session)).verdict.kind
    promise(kind is VerdictKind.SIGNED_UP, f"who is in already is answered with `{kind}`")
    kind = await member.guest.says(session)
    promise(kind is VerdictKind.SIGNED_UP, f"after a second sign-up the page says `{kind}`")
    left = await _left(desk, session, await member.guest.look(session))
    promise(free == left, f"a second sign-up changed the free places from {free} to {left}")
    return "still signed_up, " + ("and the free places are as many" if left is not None else "by the page")


async def withdraw(desk: Desk) -> str:
    """A place that is given back is gone."""
    session, member = _session(desk), await desk.member()
    kind = (await member.act(lambda visit: visit.withdraw, session)).verdict.kind
    promise(kind is not VerdictKind.SIGNED_UP, "a withdrawal is answered with `signed_up`")
    kind = await member.guest.says(session)
    promise(kind is VerdictKind.FREE, f"after the withdrawal the page says `{kind}`, where a place came free")
    return f"the place is gone, and the page says {kind}"


async def free_again(desk: Desk) -> str:
    """A place that was given back is there for somebody else."""
    session, other = _session(desk), await desk.member(1)
    kind = await other.guest.says(session)
    promise(kind is VerdictKind.FREE, f"after the withdrawal the page says `{kind}` to another member")
    return "the page says free to another member"


async def release(desk: Desk) -> str:
    """A place that is held can be let go of."""
    session, member = _session(desk), await desk.member()
    kind = (await member.act(lambda visit: visit.sign_up, session)).verdict.kind
    if kind is not VerdictKind.HELD:
        raise Missing("nothing is held at this club: a sign-up is one step")
    await member.act(lambda visit: visit.release, session)
    kind = await member.guest.says(session)
    promise(kind is VerdictKind.FREE, f"after a held place was let go of, the page says `{kind}`")
    return "a held place is let go of, and the page says free"


async def taken(member: Member, session: Session, answer: Answer) -> str:
    """How the place became the member's. Raises Failed unless a look at the page proves it."""
    way = "one step"
    if answer.verdict.kind is VerdictKind.HELD:
        promise(bool(answer.verdict.held_s), "a place is held, but `held_s` does not say for how long")
        way = f"held for {answer.verdict.held_s:.0f} s, then completed"
        answer = await member.act(lambda visit: visit.complete, session)
    kind = answer.verdict.kind
    promise(kind is VerdictKind.SIGNED_UP, f"the sign-up ends with `{kind}`, where a place was free")
    kind = await member.guest.says(session)
    promise(kind is VerdictKind.SIGNED_UP, f"the sign-up says `signed_up`, but a look at the page says `{kind}`")
    return way


def _session(desk: Desk) -> Session:
    if desk.signed_up is None:
        raise Missing("nobody was signed up")
    return desk.signed_up


async def _one_less(desk: Desk, session: Session, before: int | None) -> str:
    """That one place was taken, in words. Raises Failed if it was not one."""
    guest = await _other(desk)
    answer = await (guest or (await desk.member()).guest).look(session)
    if guest:
        kind = answer.verdict.kind
        seen = kind in (VerdictKind.FREE, VerdictKind.FULL)
        promise(seen, f"to a member who has no place, the page says `{kind}`")
    after = _free(answer.verdict)
    if before is None or after is None:
        return "how many places are free is not told, so nobody saw that it is one"
    promise(
        after == before - 1,
        f"one sign-up changed the free places from {before} to {after} (unless somebody else came between)",
    )
    return f"{after} of {before} free places are left"


async def _left(desk: Desk, session: Session, own: Answer) -> int | None:
    """How many places are free to somebody else, or by the member's own look."""
    guest = await _other(desk)
    return _free((await guest.look(session)).verdict if guest else own.verdict)


async def _other(desk: Desk) -> Guest | None:
    return (await desk.member(1)).guest if len(desk.order.logins) > 1 else None


def _free(verdict: Verdict) -> int | None:
    return 0 if verdict.kind is VerdictKind.FULL else verdict.free
