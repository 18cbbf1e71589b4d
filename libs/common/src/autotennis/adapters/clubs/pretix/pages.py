"""What a shop's pages say. Elements, their classes and exact instants decide; words hardly do: they differ by club."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, ValidationError
from selectolax.lexbor import LexborHTMLParser, LexborNode

from autotennis.adapters.clubs.forms import name_of, proposed, required
from autotennis.adapters.clubs.login import LoginOutcome, LoginPage
from autotennis.adapters.clubs.markup import classes, fingerprint, instant, lines, parsed, structured_start
from autotennis.adapters.clubs.pretix.links import PretixLinks
from autotennis.errors import PageNotUnderstood
from autotennis.ports import TimetableEntry
from autotennis.values import Session, Verdict, VerdictKind

_HEAD: Final = "h2.subevent-head"
_LOGGED_IN: Final = ".loginstatus a[href*='/account/logout']"
_HREF: Final = re.compile(r"/([A-Za-z0-9.-]+)/([0-9]{1,9})/?$")
# What is shown of a text that a club writes.
LONGEST_TEXT: Final = 80
# How a calendar marks a date that nothing can be had of yet.
_SOON: Final = "soon"
# The answers to a request for a place, in the language that is asked for.
_SAID: Final = (("not yet started", VerdictKind.NOT_OPEN), ("no longer available", VerdictKind.FULL))
_NOBODYS: Final = Verdict(kind=VerdictKind.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Date:
    """A date's page. `verdict` is what it says to everybody, `held_s` for how long the visitor's own cart keeps a place
    of it still, and `keeps_s` for how long a cart keeps one. `item` is the number of the one product that can be had;
    empty if there is not exactly one.
    """

    start: datetime
    name: str
    text: str
    verdict: Verdict
    item: str
    is_logged_in: bool
    held_s: float | None
    keeps_s: float | None


@dataclass(frozen=True, slots=True)
class Order:
    """An order's page: when its dates start, whether it is confirmed, and whether the member may cancel it, and with it
    nothing but one place.
    """

    starts: frozenset[datetime]
    is_confirmed: bool
    can_cancel: bool


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the checkout: its name in its address, what its form says if nothing is filled in, and whether that
    answers all that it has to be told.
    """

    name: str
    fields: dict[str, str]
    is_answered: bool


class Said(BaseModel):
    """What a shop answers to a request that its own pages send in the background."""

    ready: bool = True
    success: bool | None = None
    message: str = Field(default="", repr=False)
    redirect: str = Field(default="", repr=False)
    check_url: str = Field(default="", repr=False)

    def verdict(self, keeps_s: float | None) -> Verdict:
        """What it says of a request for a place, where a cart keeps one for so long."""
        if self.success:
            return Verdict(kind=VerdictKind.HELD, held_s=keeps_s)
        return next((Verdict(kind=kind) for words, kind in _SAID if words in self.message), _NOBODYS)


def page_of(body: bytes) -> LexborHTMLParser:
    """The page."""
    return parsed(body.decode(errors="replace"))


def read_said(body: bytes) -> Said | None:
    """The answer to a request in the background; None if it is something else, such as a page."""
    try:
        return Said.model_validate_json(body)
    except ValidationError:
        return None


def read_date(body: bytes, number: int) -> Date:
    """A date's page. Raises PageNotUnderstood."""
    page = page_of(body)
    head, start = page.css_first(_HEAD), structured_start(page)
    if head is None or start is None:
        raise PageNotUnderstood("This is not the page of one date.", fingerprint(page))
    items = {(node.id or "").removeprefix("item-") for node in page.css("article[id^='item-']")}
    text = page.css_first(f"{_HEAD} ~ div .info-row p")
    return Date(
        start=start,
        name=" ".join(lines(head)),
        text=" ".join(lines(text, lambda node: node.tag == "a") if text else [start.isoformat()]),
        verdict=_verdict(page, number),
        item=items.pop() if len(items) == 1 else "",
        is_logged_in=page.css_first(_LOGGED_IN) is not None,
        held_s=_held_s(page, start),
        keeps_s=_keeps_s(page),
    )


def _verdict(page: LexborHTMLParser, number: int) -> Verdict:
    alert, boxes = page.css_first(f"{_HEAD} ~ .alert-info"), page.css(".availability-box")
    if alert:
        opens_at = instant(alert.css_first("[data-time]"), "data-time")
        is_soon = opens_at or any(_SOON in classes(node) for node in page.css(f"a.event[href$='/{number}/']"))
        # Where it is over, nothing can be had, either.
        return Verdict(kind=VerdictKind.NOT_OPEN if is_soon else VerdictKind.FULL, opens_at=opens_at)
    if boxes and all(classes(box) & {"gone", "unavailable"} for box in boxes):
        return Verdict(kind=VerdictKind.FULL)
    prices = {node.attributes.get("data-price") for node in page.css("article[id^='item-']")}
    inputs = page.css(".availability-box input[name^='item_']")
    if page.css_first("#btn-add-to-cart") and len(boxes) == len(inputs) == 1 and prices == {"0.00"}:
        return Verdict(kind=VerdictKind.FREE)
    return Verdict(kind=VerdictKind.UNKNOWN, fingerprint=fingerprint(page))


def _held_s(page: LexborHTMLParser, start: datetime) -> float | None:
    """For how long the visitor's own cart keeps a place of this date still; 0 once it does not any more."""
    deadline, body = page.css_first("#cart-deadline"), page.body
    if deadline is None or body is None or start not in _starts(page, "details.cart .cart-row"):
        return None
    until, now = instant(deadline, "data-expires"), body.attributes.get("data-now") or ""
    return max(0.0, until.timestamp() - float(now)) if until and re.fullmatch(r"[0-9]{1,12}(\.[0-9]+)?", now) else 0.0


def _keeps_s(page: LexborHTMLParser) -> float | None:
    """For how long a cart keeps what is laid into it: the page says it in minutes, to be shown while that is done."""
    form = page.css_first("form[action*='/cart/add']")
    minutes = re.search(r"[0-9]{1,4}", (form.attributes.get("data-asynctask-text") if form else None) or "")
    return 60.0 * int(minutes[0]) if minutes else None


def read_calendar(body: bytes, links: PretixLinks) -> list[TimetableEntry]:
    """The dates of a calendar. Raises PageNotUnderstood."""
    page = page_of(body)
    if page.css_first(".week-calendar") is None and page.css_first(".table-calendar") is None:
        raise PageNotUnderstood("This is not a calendar.", fingerprint(page))
    entries = [_entry(node, links) for node in page.css("a.event") if "continued" not in classes(node)]
    return [entry for entry in entries if entry]


def _entry(node: LexborNode, links: PretixLinks) -> TimetableEntry | None:
    found = _HREF.search(urlsplit(node.attributes.get("href") or "").path)
    start, name = instant(node.css_first(".event-time"), "data-time"), node.css_first(".event-name")
    if found is None or start is None or found[1].isdigit():
        # Digits alone would be a number, and no name: no link leads to such a series, either.
        return None
    return TimetableEntry(
        session=Session(slot=found[1], timeid=int(found[2]), start=links.local(start)),
        level=" ".join(lines(name))[:LONGEST_TEXT] if name else "",
        free="available" in classes(node),
        opens_at=instant(node.css_first(".event-status time"), "datetime") if _SOON in classes(node) else None,
    )


def read_account(body: bytes) -> tuple[int | None, list[str]]:
    """A member's own page: the number that their id there is in base 36, and the addresses of their confirmed orders,
    the newest first. Those addresses are secrets: whoever has one may cancel that order.
    """
    page = page_of(body)
    found = re.search(r"<dd>\s*#([A-Z0-9]{4,12})\s*</dd>", page.html or "")
    rows = [row for row in page.css("article") if row.css_first(".textbubble-success")]
    orders = [link.attributes.get("href") or "" for row in rows if (link := row.css_first("h4 a"))]
    return int(found[1], 36) if found else None, orders


def read_order(body: bytes) -> Order:
    """An order's page."""
    page = page_of(body)
    is_confirmed = page.css_first(".order-details .textbubble-success") is not None
    # An order is cancelled as a whole.
    can_cancel = (
        page.css_first(".panel-cancellation a") is not None and len(page.css(".cart-row[data-article-id]")) == 1
    )
    return Order(_starts(page, ".cart-row"), is_confirmed, can_cancel)


def read_refusal(body: bytes) -> str | None:
    """Why a login was refused, in the page's words; None if it is no such page."""
    page = page_of(body)
    words = page.css("form .alert-danger") or page.css("form .has-error .help-block")
    return " ".join(lines(words[0])) if words and page.css_first("input[type='password']") else None


def read_login(body: bytes) -> LoginPage:
    """The answer to a login: the member's own page, or why it is not."""
    own_id, _ = read_account(body)
    if own_id is not None:
        return LoginPage(LoginOutcome.ACCEPTED, club_member_id=own_id)
    reason = read_refusal(body)
    if reason is None:
        return LoginPage(LoginOutcome.UNCLEAR, fingerprint=fingerprint(page_of(body)))
    return LoginPage(LoginOutcome.REFUSED, reason)


def read_on_list(body: bytes) -> bool:
    """Whether the answer to the form of the waiting list says that one is on it: now, or already."""
    page = page_of(body)
    told = " ".join(node.text() for node in page.css("main .alert-danger"))
    return page.css_first("main .alert-success") is not None or "already on this waiting list" in told


def read_step(body: bytes) -> Step | None:
    """A step of the checkout; None if it is no such page."""
    page = page_of(body)
    form = next((node for node in page.css("main form[method='post']") if "action" not in node.attributes), None)
    if form is None or page.css_first(".checkout-flow") is None:
        return None
    name = "questions" if form.css_first("#questions_group") else "membership"
    wanted = required(form)
    chosen = {name_of(node): value for node in reversed(wanted) if (value := _chosen(node, form))}
    return Step(
        name="confirm" if "data-asynctask" in form.attributes else name,
        fields=chosen,
        is_answered=all(name_of(node) in chosen for node in wanted),
    )


def _chosen(node: LexborNode, form: LexborNode) -> str:
    """What the form proposes there; where that is none of several memberships, the first one."""
    name = name_of(node)
    if name.startswith("membership-") and form.css_first(f"[name='{name}'][checked]") is None:
        return node.attributes.get("value") or ""
    return proposed(node)


def _starts(page: LexborHTMLParser, rows: str) -> frozenset[datetime]:
    """When the dates in these rows of a cart start."""
    found = (instant(node, "datetime") for node in page.css(f"{rows} time[data-timezone]"))
    return frozenset(start for start in found if start)
