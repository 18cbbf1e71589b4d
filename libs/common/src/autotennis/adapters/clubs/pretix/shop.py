"""One visitor's conversation with a shop: forms that are not forged, and answers that take a while."""

from typing import Final

from yarl import URL

from autotennis.adapters.clubs.forms import Guard
from autotennis.adapters.clubs.pretix.links import PretixLinks
from autotennis.adapters.clubs.pretix.pages import Said, read_said
from autotennis.adapters.clubs.reply import Reply, within_host
from autotennis.adapters.clubs.transport import Transport

_GUARD: Final = Guard("pretix_csrftoken", "csrfmiddlewaretoken")
# A shop with workers of its own says after half a second that they are at it still, and where to ask on.
_PATIENCE_S: Final = (0.5, 1.0, 1.0, 2.0, 3.0, 5.0)
# What its own pages send in the background is answered with what came of it, instead of another page.
IN_BACKGROUND: Final = {"ajax": "1", "ajax_dont_redirect": "1"}


class Shop:
    """Whatever happens is in the reply. Addresses of orders, carts and tasks are secrets, and never leave here."""

    def __init__(self, links: PretixLinks, transport: Transport) -> None:
        self.links = links
        self.transport = transport
        self._clock = transport.visitor.clock

    async def get(self, path: str) -> Reply:
        """Asks for a page below the organizer's."""
        return await self.transport.get(self.links.url(path))

    def be_stranger(self) -> None:
        """Forgets the login, and has the language whose words are known."""
        root, jar = URL(self.links.rules.root), self.transport.cookies
        jar.clear()
        _GUARD.begin(jar, root)
        jar.update_cookies_from_headers(["pretix_language=en; Path=/"], root)

    @property
    def may_ask(self) -> bool:
        """Whether a request may be sent that was not asked for by name."""
        return self.transport.requests_sent < self.transport.most()

    def form(self, fields: dict[str, str]) -> bytes:
        """The form as it is sent, with what guards it at this moment: a login changes it."""
        return _GUARD.form(self.transport.cookies, fields)

    async def post(self, path: str | URL, fields: dict[str, str]) -> Reply:
        """Sends a form."""
        url = self.links.url(path) if isinstance(path, str) else path
        return await self.transport.post_form(url, self.form(fields))

    async def ask(self, path: str | URL, fields: dict[str, str]) -> Reply:
        """Sends a form as pages do in the background, and waits for what comes of it."""
        return await self.settled(await self.post(path, {**fields, **IN_BACKGROUND}))

    async def settled(self, reply: Reply) -> Reply:
        """The answer once the shop is ready with it, at the instants of the first one; the last one if it never is."""
        last = reply
        for pause_s in _PATIENCE_S:
            url = self._asks_on(last)
            if url is None or not self.may_ask:
                break
            await self._clock.sleep_until(self._clock.monotonic_s() + pause_s)
            last = await self.transport.get(url)
        return last.timed_as(reply)

    def _asks_on(self, reply: Reply) -> URL | None:
        said = said_by(reply)
        return self.own(said.check_url) if said and not said.ready else None

    def own(self, address: str) -> URL | None:
        """An address that a page of the shop's names; None if it leads elsewhere, or is none."""
        return within_host(URL(self.links.rules.root), address)


def said_by(reply: Reply) -> Said | None:
    """What the shop answers in the background; None if that is nothing, or a page."""
    return read_said(reply.page) if reply.page else None
