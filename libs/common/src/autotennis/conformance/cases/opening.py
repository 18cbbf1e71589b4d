"""The opening itself: a sign-up just after it is taken, one before it does no harm."""

from datetime import timedelta
from typing import Final

from autotennis.conformance.cases.pages import opening_at
from autotennis.conformance.cases.places import taken
from autotennis.conformance.desk import Desk
from autotennis.conformance.guest import Member
from autotennis.conformance.outcome import Missing, promise
from autotennis.ports import Answer
from autotennis.values import Action, Session, VerdictKind

_LEAST_AHEAD_S: Final = 8.0
# An early sign-up is sent this long before the opening, and the connection opened this long before.
_EARLY_S: Final = 5.0
_WARM_S: Final = 1.5
# What a club works before it decides.
_AFTER_S: Final = 0.1
_TAKEN: Final = frozenset({VerdictKind.SIGNED_UP, VerdictKind.HELD})


async def instant(desk: Desk) -> str:
    """At the opening that is told, the sign-up opens."""
    session, member = await desk.session("opens_soon"), await desk.member()
    await member.club_member_id()
    answer = await member.guest.look(session)
    kind = answer.verdict.kind
    if kind in (VerdictKind.FREE, VerdictKind.FULL):
        raise Missing(f"`opens_soon` has opened already: its page says {kind}")
    promise(kind is VerdictKind.NOT_OPEN, f"the page says `{kind}`, where the sign-up opens soon")
    opens_at, told = opening_at(desk, session, answer, desk.order.plan.openings.opens_soon)
    ahead_s = desk.pace.time.possible_at_s(opens_at) - desk.order.clock.monotonic_s()
    if not _LEAST_AHEAD_S <= ahead_s <= desk.order.plan.most_wait_s:
        raise Missing(f"`opens_soon` opens in {ahead_s:.0f} s: name one for which that is 8 s to `most_wait_s`")
    desk.touched(member, session)
    early = await _early(desk, member, session, desk.pace.time.possible_at_s(opens_at - timedelta(seconds=_EARLY_S)))
    await desk.order.clock.sleep_until(desk.pace.time.possible_at_s(opens_at) - _WARM_S)
    answer = await _fired(desk, member, session, desk.pace.time.certain_at_s(opens_at) + _AFTER_S)
    kind = answer.verdict.kind
    promise(kind is not VerdictKind.NOT_OPEN, f"it {told}, but a sign-up sent then is answered with `not_open`")
    promise(kind in _TAKEN, f"a sign-up sent at the opening is answered with `{kind}`")
    await taken(member, session, answer)
    return f"{told}; a prepared sign-up sent then is taken; {early}"


async def _early(desk: Desk, member: Member, session: Session, at_s: float) -> str:
    """What became of a sign-up before the opening, where the kind declares that it does no harm."""
    if not desk.club.rules.race.early:
        return "none is sent before, as the kind declares (`early`)"
    await desk.order.clock.sleep_until(at_s)
    kind = (await member.act(lambda visit: visit.sign_up, session)).verdict.kind
    harmless = kind in (VerdictKind.NOT_OPEN, VerdictKind.REFUSED)
    promise(harmless, f"a sign-up five seconds before the opening is answered with `{kind}`: does it open earlier?")
    return "one five seconds before is refused, and does no harm"


async def _fired(desk: Desk, member: Member, session: Session, at_s: float) -> Answer:
    """The answer to a sign-up that is made ready beforehand, as races send them."""
    visit = member.guest.visit
    prepared, sent = visit.prepared(Action.SIGN_UP, session, await member.club_member_id()), visit.requests_sent
    if desk.club.rules.race.primes:
        await member.guest.look(session)
        sent = visit.requests_sent
    await prepared.warm(1)
    promise(visit.requests_sent == sent, "warming a prepared sign-up sends a request")
    await desk.order.clock.sleep_until(at_s)
    return await member.guest.ask(lambda _: prepared.send())
