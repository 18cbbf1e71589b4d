"""Links: read, written, and refused where they are somebody else's."""

from typing import Final
from urllib.parse import urlsplit

from autotennis.conformance.desk import Desk
from autotennis.conformance.outcome import Failed, promise
from autotennis.errors import BadLink
from autotennis.links import parse_link
from autotennis.ports import Club
from autotennis.values import Pointer, Session

_NAMES: Final = ("free", "full", "opens_soon", "not_open", "cancelled")


async def others(desk: Desk) -> str:
    """The links of other sites and neighbours, and a page of the club's that is no session's, are refused."""
    club, good = desk.club, urlsplit(desk.club.good_link)
    _refused(club, good._replace(netloc="another-club.invalid").geturl(), "a link of another site")
    _refused(club, club.rules.root, "the club's front page")
    path = urlsplit(club.rules.root).path
    if len(path) > 1 and good.path.startswith(path):
        neighbour = good._replace(path=f"/another-neighbour/{good.path.removeprefix(path)}")
        _refused(club, neighbour.geturl(), "a link of a neighbour at the same host")
    return "refused, as they should be"


async def read_back(desk: Desk) -> str:
    """A link that is written of a session leads to it and to no other; the one that is shown as good is one."""
    try:
        _, shown = parse_link(desk.club.good_link, [desk.club])
    except BadLink as error:
        raise Failed(f"good_link is not taken itself: {error}") from None
    if isinstance(shown, Session):
        _leads_back(desk.club, shown, shown)
    names = [name for name in _NAMES if getattr(desk.order.plan.links, name)]
    told: dict[Session, str] = {}
    for name in names:
        _, named = parse_link(desk.link(name), [desk.club])
        session = await desk.session(name)
        _leads_back(desk.club, session, named)
        first = told.setdefault(session, name)
        promise(
            first == name, f"`{first}` and `{name}` lead to the same session, {session.key}: nothing tells them apart"
        )
    return f"good_link and {len(names)} of the plan are read back as they were written"


def _refused(club: Club, link: str, what: str) -> None:
    try:
        parse_link(link, [club])
    except BadLink:
        return
    raise Failed(f"{what} is taken for a session of this club: {link}")


def _leads_back(club: Club, session: Session, named: Session | Pointer) -> None:
    link = club.link(session)
    try:
        _, again = parse_link(link, [club])
    except BadLink as error:
        raise Failed(f"link(session) writes {link}, which is not taken: {error}") from None
    promise(again == named, f"link(session) writes {link}, which leads to {again!r} and not to {named!r}")
