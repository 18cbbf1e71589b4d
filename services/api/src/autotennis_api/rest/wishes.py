"""What a program sends: which session, and what is wished for."""

from typing import Annotated, Final

from pydantic import Field, StringConstraints

from autotennis.domain.session import parse_start
from autotennis.values import LARGEST_PARTY, MOST_CHOICES, Id, QuietHours, Session, WaitingWish
from autotennis_api import handlers
from autotennis_api.club_errands import ERRAND_LIMIT_S, SECOND_LOOK_LIMIT_S
from autotennis_api.desk import desk, me
from autotennis_api.handlers import Preview, Wanted
from autotennis_api.pasted import pasted
from autotennis_api.rest.operations import Sent, Whole
from autotennis_api.rest.problems import Problem

_LONGEST_ASK_MIN: Final = 60
_Start = Annotated[str, Field(pattern="^[0-9]{8}T[0-9]{1,2}:[0-9]{2}:[0-9]{2}$", examples=["20261201T15:00:00"])]
# As `values.SlotName`, and never empty.
_Slot = Annotated[str, Field(min_length=1, max_length=80, pattern="^[A-Za-z0-9._~-]*[A-Za-z._~-][A-Za-z0-9._~-]*$")]
_Link = Annotated[str, StringConstraints(min_length=1, max_length=2000)]


class SessionByLink(Sent):
    """A session by the link of its page at the club."""

    link: _Link


class SessionByNumber(Sent):
    """A session by its club's id, the number of its weekly slot, and its local start as in the club's links."""

    club: Id
    timeid: Whole = Field(gt=0, lt=10**9)
    start: _Start


class SessionBySlot(Sent):
    """A session by its club's id, the name of its weekly slot, and its local start, where the club has such names.

    `timeid` is the number of this one date, for whoever knows it.
    """

    club: Id
    slot: _Slot
    timeid: Whole = Field(default=0, ge=0, lt=10**9)
    start: _Start


SessionSent = SessionByLink | SessionByNumber | SessionBySlot


class Quiet(Sent):
    """Hours of the club's day in which a freed place is not taken; over midnight if `until_hour` is the lesser one."""

    from_hour: Whole = Field(ge=0, le=23)
    until_hour: Whole = Field(ge=0, le=23)


class Waiting(Sent):
    """What is wished for in case the session is full.

    A place that becomes free less than `notice_min` minutes before the start is not taken. Where `ask_min` is not 0,
    the member is asked first and has so many minutes to answer. `club_list` asks for a turn on the club's own waiting
    list as well: the club itself writes to the member when it is theirs, and they take the place there.
    """

    wanted: bool = True
    notice_min: Whole = Field(default=0, ge=0, le=7 * 24 * 60)
    quiet: Quiet | None = None
    ask_min: Whole = Field(default=0, ge=0, le=_LONGEST_ASK_MIN)
    club_list: bool = False

    def wish(self) -> WaitingWish:
        """The wish. Raises Problem if the hours are none."""
        if not self.wanted:
            return WaitingWish(wanted=False)
        quiet = self.quiet and QuietHours(from_hour=self.quiet.from_hour, until_hour=self.quiet.until_hour)
        if quiet and quiet.from_hour == quiet.until_hour:
            raise Problem(422, "cannot-be-done", "Quiet hours begin and end at different hours.")
        return WaitingWish(notice_min=self.notice_min, quiet=quiet, ask_min=self.ask_min, club_list=self.club_list)


class Previewed(Sent):
    """Which session is to be looked at."""

    session: SessionSent


class Wished(Sent):
    """A session, and everything that is wished for with it.

    `early` asks for a place before the opening, too; `fixed` for a regular player's fixed place; `weekly` for the same
    slot every week. `alternatives` are links of sessions that are wanted less, the dearest first: the first one that is
    won ends the others, unless `trade_up`. `party` are members of one of the caller's groups who go along;
    `all_or_none` tells that nobody goes unless all do. It is either alternatives or a party.
    """

    session: SessionSent
    waiting: Waiting = Waiting()
    early: bool = False
    fixed: bool = False
    weekly: bool = False
    alternatives: list[_Link] = Field(default=[], max_length=MOST_CHOICES - 1)
    trade_up: bool = False
    party: list[Id] = Field(default=[], max_length=LARGEST_PARTY - 1)
    all_or_none: bool = False


def preview(sent: SessionSent, *, is_second: bool = False) -> Preview:
    """What a booking of the session would be. Raises what `handlers.preview` raises, BadLink, Problem."""
    limit_s = SECOND_LOOK_LIMIT_S if is_second else ERRAND_LIMIT_S
    club_id, session = _session(sent, limit_s)
    return handlers.preview(desk().ports, desk().tries, me(), Wanted(club_id, session, limit_s))


def _session(sent: SessionSent, limit_s: float) -> tuple[str, Session]:
    if isinstance(sent, SessionByLink):
        club, session = pasted(desk().ports, desk().tries, me(), sent.link, limit_s)
        return club.rules.id, session
    start, slot = parse_start(sent.start), sent.slot if isinstance(sent, SessionBySlot) else ""
    if start is None or sent.club not in desk().ports.clubs:
        raise Problem(422, "unknown-session", "There is no such club, or the start is not a date and a time.")
    return sent.club, Session(timeid=sent.timeid, slot=slot, start=start[0], padded=start[1])
