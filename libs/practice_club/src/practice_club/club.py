"""The practice club as one object: what the server serves, and what tests and the control API turn."""

import random
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Any

from pydantic import SecretStr

from practice_club.clock import NS_PER_MS, NS_PER_S, ClubClock, Step
from practice_club.knobs import ClockStep, Knobs
from practice_club.logins import Logins
from practice_club.model import ClubModel, RivalPlan, SessionKey
from practice_club.orders import NewMember, NewSession
from practice_club.pages import Pages
from practice_club.people import Member
from practice_club.proxy import Proxy
from practice_club.record import Record
from practice_club.report import full_report, session_report
from practice_club.rush import RushHour
from practice_club.seed import invented_email, invented_name, invented_pin, plausible_club
from practice_club.session import Rules, Session
from practice_club.site import Site
from practice_club.times import instant_ns, parse_spilletid, start_for_opening, write_spilletid
from practice_club.traffic import Traffic
from practice_club.trouble import Troubles
from practice_club.vocabulary import Verdict

_CLOCK_KNOBS = ("clock_offset_ms", "clock_drift_ppm", "clock_steps")


class PracticeClub:
    """The club's parts, wired. `base_url` is known once a server serves it."""

    def __init__(self, *, seed: int = 1, empty: bool = False, knobs: Knobs | None = None) -> None:
        """`empty`: without the invented members and slots."""
        self.base_url = ""
        self._start = (seed, empty, knobs or Knobs())
        self.reset()

    def reset(self) -> None:
        """Be as new: the members, slots, knobs and clock of the start, and nothing recorded."""
        seed, empty, knobs = self._start
        self._random = random.Random(seed)  # noqa: S311 - invented names and PINs of a practice club
        self.clock = ClubClock()
        self.model = ClubModel(seed)
        self.logins = Logins()
        self.record = Record()
        self.traffic = Traffic(seed)
        self.rush = RushHour(seed)
        self.proxy = Proxy()
        self.troubles = Troubles()
        self.pages = Pages(self.model, door_code=f"{self._random.randrange(10_000):04}#")
        self.site = Site(self.model, self.pages, self.logins)
        self.knobs = Knobs()
        self.use(knobs)
        if not empty:
            plausible_club(self.model, self._random, self.now_ns())
        self.pages.warm_up(self.now_ns())

    def now_ns(self) -> int:
        """The club's time in nanoseconds since 1970."""
        return self.clock.now_ns()

    # --- servers and their queue -------------------------------------------------------------------------------

    def server_of(self, connection: int) -> int:
        """Which of the club's servers a connection belongs to; the first is 0."""
        return (connection - 1) % len(self.knobs.servers)

    def server_ns(self, machine_ns: int, server: int) -> int:
        """A server's time when the machine's is `machine_ns`."""
        ahead_ms = self.knobs.servers[server % len(self.knobs.servers)]
        return self.clock.at_machine_ns(machine_ns) + round(ahead_ms * NS_PER_MS)

    def let_the_rush_in(self, machine_ns: int) -> None:
        """Give a worker to everybody who has come with a rush up to an instant."""
        if self.knobs.rush is not None:
            club_ns = self.clock.at_machine_ns(machine_ns)
            for came_ns in self.rush.come(self.model.announced_openings_ns(), club_ns):
                self.traffic.turn(machine_ns + came_ns - club_ns, "", self.traffic.journey(self.rush.chance))

    # --- knobs and clock ---------------------------------------------------------------------------------------

    def turn(self, **changes: Any) -> Knobs:
        """Turn some knobs; raises pydantic.ValidationError. Knobs that are not named stay as they are."""
        return self._use(self.knobs.turned(changes), changes.keys())

    def use(self, knobs: Knobs) -> Knobs:
        """Behave as these knobs say from now on."""
        return self._use(knobs, set())

    def _use(self, knobs: Knobs, named: AbstractSet[str]) -> Knobs:
        """`named` knobs of the clock are set although their values are those of before: it may have moved since."""
        before, self.knobs = self.knobs, knobs
        named = named | {name for name in _CLOCK_KNOBS if getattr(knobs, name) != getattr(before, name)}
        if named & {"clock_offset_ms", "clock_drift_ppm"}:
            self.clock.set(knobs.clock_offset_ms, knobs.clock_drift_ppm)
        if "clock_steps" in named:
            self.clock.plan([self._step(step) for step in knobs.clock_steps])
        if knobs.rivals != before.rivals:
            plans = tuple(RivalPlan(**rival.model_dump()) for rival in knobs.rivals)
            self.model.set_rivals(plans, self.now_ns())
        self.model.rules = Rules(
            knobs.dst_rule, knobs.opening_late_s, knobs.opening_late_random_s, knobs.withdrawal_closes_h
        )
        self.rush.use(knobs.rush, self.now_ns())
        self.proxy.use(knobs.cached_pages)
        for part in (self.pages, self.site, self.traffic, self.troubles):
            part.use(knobs)
        return knobs

    def _step(self, step: ClockStep) -> Step:
        if step.at is not None:
            return Step(self.clock.machine_ns_in(instant_ns(step.at)), round(step.step_ms * NS_PER_MS))
        return Step(self.clock.machine_ns_after(step.after_s or 0.0), round(step.step_ms * NS_PER_MS))

    def step_clock(self, step_ms: float) -> None:
        """Put the club's clock forward (or back) by a step."""
        self.turn(clock_offset_ms=self.clock.offset_ms() + step_ms)

    def set_clock(self, now: datetime) -> None:
        """Make it a given moment at the club."""
        self.turn(clock_offset_ms=self.clock.offset_ms_for(instant_ns(now)))

    # --- members and sessions ----------------------------------------------------------------------------------

    def add_member(self, new: NewMember | None = None) -> Member:
        """Raises ValueError if the id or address is taken."""
        new = new or NewMember()
        member_id = new.id or self.model.free_member_id()
        name = new.name or invented_name(self._random)
        email = new.email or invented_email(name, member_id)
        pin = new.pin or invented_pin(self._random)
        member = Member(id=member_id, email=email, pin=pin, name=name, level=new.level)
        self.model.add_member(member)
        return member

    def change_pin(self, member_id: int, pin: SecretStr) -> Member:
        """Give a member another PIN; whoever is logged in as them is so no more. Raises LookupError."""
        member = self.model.member(member_id).model_copy(update={"pin": pin})
        self.model.members[member_id] = member
        self.logins.expire(member_id)
        return member

    def remove_member(self, member_id: int) -> Member:
        """Somebody is a member no more, and gives up every place. Raises LookupError."""
        member = self.model.remove_member(member_id, self.now_ns())
        self.logins.expire(member_id)
        return member

    def add_session(self, new: NewSession) -> Session:
        """Add a slot and give its session of the wanted time. Raises ValueError if the timeid is in use."""
        timeid, start = new.timeid or self.model.free_timeid(), self._start_of(new)
        self.model.add_slot(new.slot_at(timeid, start))
        session = self.model.session(SessionKey(timeid, start))
        for _ in range(new.taken):
            self.take(session)
        return session

    def _start_of(self, new: NewSession) -> datetime:
        start = parse_spilletid(new.starts or "")
        if start is not None:
            return start
        if new.opens_at is not None:
            return start_for_opening(instant_ns(new.opens_at), self.knobs.dst_rule)
        return start_for_opening(self.now_ns() + round((new.opens_in_s or 0.0) * NS_PER_S), self.knobs.dst_rule)

    def take(self, session: Session, member_id: int | None = None) -> int:
        """Give a place to a member, or to one more rival, open or not; gives who has it. ValueError if none is left."""
        self.model.catch_up(session, self.now_ns())
        if member_id is not None and member_id not in self.model.members:
            raise LookupError(f"no member has the id {member_id}")
        return self.model.seat(session, member_id, self.now_ns())

    def free(self, session: Session, member_id: int | None = None) -> int:
        """Let a substitute leave: a member, or the last who came; gives who left. LookupError if there is none."""
        self.model.catch_up(session, self.now_ns())
        if not session.substitutes or member_id not in {None, *session.substitutes}:
            raise LookupError("there is no such substitute in this session")
        leaver = next(reversed(session.substitutes)) if member_id is None else member_id
        self.model.unseat(session, leaver, self.now_ns(), Verdict.WITHDRAWN)
        return leaver

    def decline(self, session: Session, member_id: int | None = None) -> int:
        """Let a regular player say no: a given one, or the first who has not; gives who. LookupError if none."""
        willing = (n for n in session.slot.regulars if n is not None and session.said.get(n) is not False)
        decliner = next(willing, None) if member_id is None else member_id
        if decliner is None or not session.is_regular(decliner):
            raise LookupError("there is no such regular player in this session")
        self.model.decline(session, decliner, self.now_ns())
        return decliner

    def cancel(self, session: Session) -> None:
        """Cancel one session: its page says so, and nothing can be done there."""
        session.cancelled = True
        self.model.touch()

    def link(self, session: Session) -> str:
        """The link that a member would paste, in the form of 2023: timeid first."""
        spilletid = write_spilletid(session.start)
        return f"{self.base_url}/timeinfo.php?timeid={session.slot.timeid}&spilletid={spilletid}&lang=no"

    # --- what happened -----------------------------------------------------------------------------------------

    def report(self) -> dict[str, Any]:
        """Everything that happened; see practice_club.report."""
        return full_report(self.model, self.record, self.troubles.bans, self.now_ns())

    def session_report(self, session: Session) -> dict[str, Any]:
        """What happened to one session."""
        return session_report(self.model, self.record, session, self.now_ns())
