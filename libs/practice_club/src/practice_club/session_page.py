"""What a session's page shows to one visitor. Pure.

The order of the rows, the statuses and the sentences are those of the saved pages of 2017; the two texts about the door
are those seen in 2023. A past session's page and a cancelled one's were never seen: here they show the table alone, and
the table with a notice.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import NamedTuple

from markupsafe import Markup

from practice_club.clock import NS_PER_S
from practice_club.model import ClubModel
from practice_club.session import Session
from practice_club.times import SESSION_LENGTH, write_spilletid
from practice_club.timetable import clock_text, day_and_date
from practice_club.vocabulary import Coming, Door, Kind, Phase
from practice_club.words import Words, time_left

_MINUTE_NS = 60 * NS_PER_S


class Viewer(NamedTuple):
    """Who looks. `member_id` is None for a visitor who is not logged in; without `door_code` no door text is shown."""

    member_id: int | None
    door_code: str | None = None
    names_hidden: bool = False
    padded: bool = False


class Group(NamedTuple):
    """Regular players or substitutes."""

    title: Markup
    rows: list[Markup]


@dataclass(frozen=True, slots=True)
class SessionView:
    """Everything that the template of a session's page prints."""

    date: Markup
    clock: str
    place: str
    court: str
    level: str
    coach: str | None
    theme: str | None
    groups: list[Group]
    lines: list[Markup]
    row_tag_missing: bool


@dataclass(frozen=True, slots=True)
class SessionPage:
    """One session seen by one visitor at one instant."""

    model: ClubModel
    session: Session
    viewer: Viewer
    words: Words
    now_ns: int

    def view(self) -> SessionView:
        """The page's contents."""
        slot, start = self.session.slot, self.session.start
        drop_in = slot.kind is Kind.DROP_IN
        return SessionView(
            date=day_and_date(self.words.day_names, start),
            clock=f"{clock_text(start)}-{clock_text(start + SESSION_LENGTH)}",
            place=slot.place,
            court=slot.court,
            level=slot.level + ("*" if slot.coach else ""),
            coach=slot.coach,
            theme=slot.theme,
            groups=[self._substitutes()] if drop_in else [self._regulars(), self._substitutes()],
            lines=self._lines(),
            # weekend and drop-in sessions lack the row's opening tag on the club's pages
            row_tag_missing=drop_in or start.weekday() >= 5,
        )

    def moment(self) -> Hashable:
        """All that the view takes from the time: it is the same as long as this and the club are."""
        session, rules = self.session, self.model.rules
        left_ns = (session.announced_opening_ns(rules) - self.now_ns, session.confirming_from_ns(rules) - self.now_ns)
        minutes = tuple(left // _MINUTE_NS for left in left_ns)
        return (session.phase(self.now_ns, rules), *minutes, session.withdrawal_is_open(self.now_ns, rules))

    # --- the groups of players ---------------------------------------------------------------------------------

    def _regulars(self) -> Group:
        ids = self.session.slot.regulars
        return Group(self.words.regulars.format(count=len(ids)), [self._regular(n) for n in ids] or [Markup("-")])

    def _substitutes(self) -> Group:
        ids = list(self.session.substitutes)
        return Group(self.words.substitutes.format(count=len(ids)), [self._substitute(n) for n in ids] or [Markup("-")])

    def _name(self, member_id: int) -> Markup:
        if self.viewer.names_hidden:
            return Markup("<i>{}</i>").format(self.words.hidden)
        return Markup("{}").format(self.model.short_name(member_id))

    def _substitute(self, member_id: int) -> Markup:
        mine = member_id == self.viewer.member_id
        if not (mine and self.session.withdrawal_is_open(self.now_ns, self.model.rules)):
            return self._name(member_id)
        return Markup("{} {}").format(
            self._name(member_id), self.words.withdraw.format(link=self._link("fjernvikarid"))
        )

    def _regular(self, member_id: int | None) -> Markup:
        if member_id is None:
            return Markup("<i>{}</i>").format(self.words.vacant)
        coming = self.session.coming(member_id, self.now_ns, self.model.rules)
        status = self._own_status(coming) if self._may_answer(member_id) else self._status(coming)
        return Markup("{} {}").format(self._name(member_id), status) if status else self._name(member_id)

    def _may_answer(self, member_id: int) -> bool:
        phase = self.session.phase(self.now_ns, self.model.rules)
        return (
            member_id == self.viewer.member_id
            and not self.session.cancelled
            and phase in {Phase.CONFIRMING, Phase.OPEN}
        )

    def _status(self, coming: Coming) -> Markup:
        if coming is Coming.UNASKED:
            return Markup("")
        if coming is Coming.UNCONFIRMED:
            return self.words.unconfirmed
        if coming is Coming.YES:
            return Markup('<span class="bekreftet">({})</span>').format(self.words.comes)
        text = self.words.comes_not
        if coming is Coming.NO_BY_SYSTEM:
            text = Markup('<abbr title="{}">{}</abbr>').format(self.words.by_system, text)
        return Markup('<span class="kommerikke">({})</span>').format(text)

    def _own_status(self, coming: Coming) -> Markup:
        """ "(kommer | kommer ikke)": the state as it is, the other one (or both) as a link."""
        comes, comes_not = self.words.comes, self.words.comes_not
        said_yes = Markup('<span class="bekreftet">{}</span>').format(comes)
        said_no = Markup('<span class="kommerikke">{}</span>').format(comes_not)
        may_confirm = self.session.can_confirm(self.viewer.member_id or 0, self.now_ns, self.model.rules)
        to_yes = Markup('<a href="{}">{}</a>').format(self._link("bekrefteid"), comes) if may_confirm else comes
        to_no = Markup('<a href="{}">{}</a>').format(self._link("kommerikkeid"), comes_not)
        if coming is Coming.YES:
            return Markup("({} | {})").format(said_yes, to_no)
        return Markup("({} | {})").format(to_yes, to_no if coming is Coming.UNCONFIRMED else said_no)

    # --- the sentences under the table -------------------------------------------------------------------------

    def _lines(self) -> list[Markup]:
        if self.session.cancelled:
            return [Markup('<span class="informasjon">{}</span>').format(self.words.cancelled)]
        phase = self.session.phase(self.now_ns, self.model.rules)
        if phase is Phase.PAST:
            return []
        places = self._places(phase)
        waiting = self._countdowns(phase)
        lines = [*waiting[:1], *places, *waiting[1:]]
        return [*lines, *self._door()]

    def _countdowns(self, phase: Phase) -> list[Markup]:
        """What is still to come; for a session with regulars more than seven days ahead these are two sentences."""
        if phase is Phase.OPEN:
            return []
        opening = self._left(self.session.announced_opening_ns(self.model.rules))
        if not self.session.slot.regulars:
            return [self.words.drop_in_in.format(left=opening)]
        if phase is Phase.CONFIRMING:
            return [self.words.others_in.format(left=opening)]
        confirming = self._left(self.session.confirming_from_ns(self.model.rules))
        return [self.words.confirm_in.format(left=confirming), self.words.drop_in_in.format(left=opening)]

    def _places(self, phase: Phase) -> list[Markup]:
        free = self.session.free(self.now_ns, self.model.rules)
        if free == 0:
            return [] if phase is Phase.CONFIRMING else [self.words.none_free]
        line = self.words.one_free if free == 1 else self.words.many_free.format(count=free)
        if not self._may_sign_up():
            return [line]
        taking = self.words.take_one if free == 1 else self.words.take_many
        return [Markup("{} {}").format(line, taking.format(link=self._link("leggtilvikarid")))]

    def _may_sign_up(self) -> bool:
        member_id = self.viewer.member_id
        if member_id is None or self.session.is_regular(member_id):
            return False
        return member_id not in self.session.substitutes

    def _door(self) -> list[Markup]:
        member_id, code = self.viewer.member_id, self.viewer.door_code
        door = self.session.slot.door_text
        if member_id is None or code is None or door is Door.NONE or not self.session.has_place(member_id):
            return []
        return [(self.words.code if door is Door.CODE else self.words.entrance).format(code=code)]

    def _left(self, moment_ns: int) -> str:
        return time_left((moment_ns - self.now_ns) / NS_PER_S, self.words)

    def _link(self, parameter: str) -> str:
        spilletid = write_spilletid(self.session.start, padded=self.viewer.padded)
        address = f"./timeinfo.php?spilletid={spilletid}&timeid={self.session.slot.timeid}"
        return f"{address}&{parameter}={self.viewer.member_id}&lang={self.words.lang}"
