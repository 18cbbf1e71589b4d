"""Where a member is signed in, free of Flask: begin, note the use, end."""

from contextlib import suppress
from typing import Final

from autotennis.domain.member import Member
from autotennis.errors import NotFound, Transient
from autotennis.ports import Ports

# The first that a browser names itself after counts: most name those that they are like, too.
_BROWSERS: Final = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("Chrome", "Chrome"),
    ("CriOS", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS: Final = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def browser_of(user_agent: str) -> str:
    """A browser's coarse name, of our own words only: `Firefox, Android`. Empty where nothing is known."""
    found = (next((name for sign, name in names if sign in user_agent), "") for names in (_BROWSERS, _SYSTEMS))
    return ", ".join(filter(None, found))


def begin(ports: Ports, member: Member, user_agent: str) -> tuple[Member, str]:
    """The member signed in once more, and under which id. Raises NotFound if the account is gone."""
    sign_in_id, now = ports.ids.new(), ports.clock.now()
    browser = browser_of(user_agent)
    return ports.store.change_member(member.id, lambda it: it.signed_in(sign_in_id, browser, now)), sign_in_id


def note_use(ports: Ports, member: Member, sign_in_id: str) -> None:
    """Notes that it is used today, once a day."""
    today = ports.clock.now().date()
    seen = member.sign_in_of(sign_in_id)
    if seen and seen.last_used != today:
        # A page is shown whether or not that could be noted.
        with suppress(Transient, NotFound):
            ports.store.change_member(member.id, lambda it: it.used_on(sign_in_id, today))


def end(ports: Ports, member: Member, sign_in_id: str) -> Member:
    """Ends one of the member's sessions. Harmless when it has ended."""
    return ports.store.change_member(member.id, lambda it: it.signed_out(sign_in_id))


def end_others(ports: Ports, member: Member, sign_in_id: str) -> Member:
    """Ends all of the member's sessions but this one."""
    return ports.store.change_member(member.id, lambda it: it.signed_out_but(sign_in_id))
