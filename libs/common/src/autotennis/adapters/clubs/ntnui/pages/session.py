"""A session's page: what it says to whoever looks.

The sentences and rows are those of saved pages of 2017, the two texts about the door those of 2023. Links decide before
texts: a text depends on the place and the language, a link does not.
"""

import re
from dataclasses import dataclass
from typing import Final

from pydantic import SecretStr
from selectolax.lexbor import LexborNode

from autotennis.adapters.clubs.markup import lines
from autotennis.adapters.clubs.ntnui.pages.document import Document, Link
from autotennis.ports import SessionPage
from autotennis.values import Action, Activity, Session, Verdict, VerdictKind

# Only who has a place is told how to come in: tennis and padel, seen in 2023.
_DOOR_TEXTS: Final = ("Kode for tilgang til bygget:", "Bruk hovedinngangen, eller kode")
_PLACES_LEFT: Final = re.compile(r"for øyeblikket (ingen|[0-9]{1,3}) ledige? plass")
_OPENS_IN: Final = re.compile(r"åpnes for .{0,200}? om ([^.]{0,200})")
# Regulars have a countdown of their own, which is none of the other members' business.
_CONFIRMS_IN: Final = re.compile(r"kan bekrefte/avkrefte [^.]{0,200}? om ([^.]{0,200})")
_UNIT_S: Final = {"dag": 86_400, "time": 3_600, "minutt": 60, "sekund": 1}
_AMOUNT: Final = re.compile(r"([0-9]{1,4}|ett|et|en|én) (dag|time|minutt|sekund)")
_DATE_ROW: Final = "Dato:"
_TIME_ROW: Final = "Klokkeslett:"
# A database's own message has a number ("ERROR 1040 ...") and says nothing about the link.
_ERROR: Final = re.compile(r"ERROR\b(?! *\(?[0-9])")
_LONGEST_TEXT: Final = 80
_LONGEST_DOOR_TEXT: Final = 200


def read_session(body: bytes, session: Session, *, acting: bool = False) -> SessionPage:
    """What the page says about this session.

    `acting` tells that the page answers an action: there an `ERROR` means that the action was refused, while on a page
    that was only looked at it means that the link leads to no session (that use of the word was seen in 2023).
    A cancelled session's page was never seen: "avlyst" under the table, or in a notice when nothing else on the page
    explains the state, is INFERRED. An unknown page's verdict has a fingerprint.
    """
    page = Document(body)
    facts = _read(page, session)
    return SessionPage(
        verdict=_verdict(page, facts) if facts.is_of_session else _verdict_elsewhere(page, acting=acting),
        club_member_id=page.club_member_id,
        place=_row(facts.rows, "Sted:"),
        court=_row(facts.rows, "Bane:"),
        level=_row(facts.rows, "Nivå:"),
        activity=_activity(facts.rows),
        date_text=f"{_row(facts.rows, _DATE_ROW)} {_row(facts.rows, _TIME_ROW)}".strip(),
        door_code=SecretStr(facts.door_text) if facts.door_text and not page.is_logged_out else None,
        way_in=facts.way_in,
        way_out=facts.way_out,
        confirms_in_s=facts.confirms_in_s if facts.is_of_session else None,
    )


@dataclass(frozen=True, slots=True)
class _Facts:
    """What stands on the page. `rows` are the lines of its table, `said` is the text around that."""

    rows: list[str]
    said: list[str]
    links: dict[Action, Link]
    is_of_session: bool

    @property
    def free(self) -> int | None:
        match = _PLACES_LEFT.search(" ".join(self.said))
        return None if match is None else 0 if match[1] == "ingen" else int(match[1])

    @property
    def opens_in(self) -> str | None:
        match = _OPENS_IN.search(" ".join(self.said))
        return match[1] if match else None

    @property
    def opens_in_s(self) -> int | None:
        return countdown_s(self.opens_in or "")

    @property
    def confirms_in_s(self) -> int | None:
        match = _CONFIRMS_IN.search(" ".join(self.said))
        return countdown_s(match[1]) if match else None

    @property
    def is_cancelled(self) -> bool:
        return any("avlyst" in line.lower() for line in self.said)

    @property
    def door_text(self) -> str:
        said = [line[line.index(text) :] for line in self.said for text in _DOOR_TEXTS if text in line]
        # A row that merely mentions the text (somebody's theme of the week) does not count.
        rows = [row for row in self.rows if row.startswith(_DOOR_TEXTS)]
        return (said + rows + [""])[0][:_LONGEST_DOOR_TEXT]

    @property
    def way_in(self) -> Action | None:
        """The action that takes a place now. A regular's own place can be confirmed until it is given away."""
        if Action.CONFIRM in self.links and (Action.DECLINE in self.links or self.free != 0):
            return Action.CONFIRM
        return Action.SIGN_UP if Action.SIGN_UP in self.links and self.free != 0 else None

    @property
    def way_out(self) -> Action | None:
        """The action that gives one's own place back; a regular's own place is declined."""
        if Action.WITHDRAW in self.links:
            return Action.WITHDRAW
        return Action.DECLINE if self.has_place and Action.DECLINE in self.links else None

    @property
    def has_place(self) -> bool:
        """By a link of one's own, or by a text about the door where no link offers a place."""
        offered = Action.SIGN_UP in self.links or Action.CONFIRM in self.links
        return Action.WITHDRAW in self.links or (not offered and (self._is_confirmed_regular() or bool(self.door_text)))

    def _is_confirmed_regular(self) -> bool:
        decline = self.links.get(Action.DECLINE)
        return decline is not None and _cell_of(decline.node).css_first(".bekreftet") is not None


def _read(page: Document, session: Session) -> _Facts:
    content = page.content
    table, rows = _session_table(page)
    said = lines(content, lambda node: _is(node, table) or _is_notice(node)) if content else []
    links = {action: link for link in page.action_links if link.session == session for action in link.actions}
    own = links if page.club_member_id is not None else {}
    return _Facts(rows, said, own, is_of_session=bool(own) or (table is not None and _is_about(rows, session)))


def _verdict(page: Document, facts: _Facts) -> Verdict:
    if facts.is_cancelled:
        return Verdict(kind=VerdictKind.CANCELLED)
    if page.is_logged_out:
        return Verdict(kind=VerdictKind.LOGGED_OUT, free=facts.free, opens_in_s=facts.opens_in_s)
    if facts.has_place:
        return Verdict(kind=VerdictKind.SIGNED_UP, free=facts.free)
    if facts.way_in is not None:
        # A place of one's own is one, whatever is free for others.
        return Verdict(kind=VerdictKind.FREE, free=facts.free or (1 if facts.way_in is Action.CONFIRM else None))
    if facts.opens_in is not None:
        return Verdict(kind=VerdictKind.NOT_OPEN, opens_in_s=facts.opens_in_s)
    if facts.free == 0:
        return Verdict(kind=VerdictKind.FULL)
    if any("avlyst" in notice.lower() for notice in page.notices):
        return Verdict(kind=VerdictKind.CANCELLED)
    return Verdict(kind=VerdictKind.UNKNOWN, free=facts.free, fingerprint=page.fingerprint)


def _verdict_elsewhere(page: Document, *, acting: bool) -> Verdict:
    """What a page says that is not this session's."""
    is_error = page.content is not None and any(_ERROR.match(line) for line in lines(page.content))
    if is_error and not acting:
        return Verdict(kind=VerdictKind.NO_SESSION)
    if page.asks_for_login:
        return Verdict(kind=VerdictKind.LOGGED_OUT)
    if is_error:
        return Verdict(kind=VerdictKind.REFUSED)
    return Verdict(kind=VerdictKind.UNKNOWN, fingerprint=page.fingerprint)


def countdown_s(text: str) -> int | None:
    """The seconds in "1 dag, 9 timer og 9 minutter"; None if there is no such thing in the text."""
    amounts = _AMOUNT.findall(text)
    return sum((int(n) if n.isdigit() else 1) * _UNIT_S[unit] for n, unit in amounts) if amounts else None


def _session_table(page: Document) -> tuple[LexborNode | None, list[str]]:
    """The innermost table that has a row for the time of day, and its rows."""
    for table in reversed(page.content.css("table") if page.content else []):
        # Those that lie in it had their turn: with them, each would be read as often as it is deep.
        own = lines(table, lambda node, table=table: node.tag == "table" and not _is(node, table))
        if any(row.startswith(_TIME_ROW) for row in own):
            return table, lines(table)
    return None, []


def _is_about(rows: list[str], session: Session) -> bool:
    """Whether the table's date and time are the session's, as far as they can be read."""
    start = session.start
    date = re.search(r"([0-9]{1,2})/([0-9]{1,2})", _row(rows, _DATE_ROW))
    clock = re.match(r"([0-9]{1,2})[:.]([0-9]{2})", _row(rows, _TIME_ROW))
    right_day = date is None or (int(date[1]), int(date[2])) == (start.day, start.month)
    return right_day and (clock is None or (int(clock[1]), int(clock[2])) == (start.hour, start.minute))


def _row(rows: list[str], label: str) -> str:
    found = next((row for row in rows if row.startswith(label)), label)
    return found.removeprefix(label).strip()[:_LONGEST_TEXT]


def _activity(rows: list[str]) -> Activity | None:
    """INFERRED: no page names it, but a padel hall is called one, and its sessions have a level of their own."""
    place, court, level = (_row(rows, label) for label in ("Sted:", "Bane:", "Nivå:"))
    if not place and not level:
        return None
    is_padel = level == "P" or "padel" in f"{place} {court} {level}".lower()
    return Activity.PADEL if is_padel else Activity.TENNIS


def _is(node: LexborNode, other: LexborNode | None) -> bool:
    """Whether they are the same element. By themselves they are equal if they are written alike."""
    return other is not None and node.mem_id == other.mem_id


def _is_notice(node: LexborNode) -> bool:
    return node.tag == "div" and "informasjon" in (node.attributes.get("class") or "").split()


def _cell_of(node: LexborNode) -> LexborNode:
    """The table's cell that an element lies in, or else what lies right around it."""
    around = node.parent
    while around is not None and around.tag != "td":
        around = around.parent
    return around or node.parent or node
