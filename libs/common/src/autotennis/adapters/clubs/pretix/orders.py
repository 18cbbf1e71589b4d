"""A member's own orders: where one is confirmed, they are in."""

from dataclasses import replace
from typing import Final

from yarl import URL

from autotennis.adapters.clubs.answers import answer_of, not_understood
from autotennis.adapters.clubs.markup import fingerprint_of
from autotennis.adapters.clubs.pretix.pages import Order, read_account, read_order
from autotennis.adapters.clubs.pretix.shop import Shop
from autotennis.ports import Answer, SessionPage
from autotennis.values import Action, Session, Verdict, VerdictKind

# An account may have had orders for years, and each has to be read to know its date. Sign-up for a session that is
# still to come opened not long ago, so its order is one of the newest of its series.
_MOST_READ: Final = 5
_NOT_SAID: Final = SessionPage(verdict=Verdict(kind=VerdictKind.NO_ANSWER))


class Orders:
    """What was read of them in one visit. Their addresses are secrets, and never leave here."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self.forget()

    def forget(self) -> None:
        """Somebody else may log in."""
        self._read: dict[URL, Order] = {}
        self._own: dict[str, URL] = {}

    def address_of(self, session: Session) -> URL | None:
        """The address of the order of that session, if one was read."""
        return self._own.get(session.key)

    async def reckoned_with(self, answer: Answer, session: Session) -> Answer:
        """What the date's page says, or what the orders say; where those are not to be had, nothing is said."""
        reply = await self._shop.get("account/") if self._shop.may_ask else None
        if reply is None or reply.page is None:
            page = answer_of(reply, lambda _: _NOT_SAID).page if reply else _NOT_SAID
            return replace(answer, page=page)
        own_id, addresses = read_account(reply.page)
        if own_id is None:
            return replace(answer, page=SessionPage(verdict=Verdict(kind=VerdictKind.LOGGED_OUT)))
        self._own.pop(session.key, None)
        return replace(answer, page=await self._page(answer.page, self._of_series(addresses, session), session))

    def _of_series(self, addresses: list[str], session: Session) -> list[URL]:
        own = (self._shop.own(address) for address in addresses)
        series = self._shop.links.url(f"{session.slot}/order/").path
        return [url for url in own if url and url.path.startswith(series)]

    async def _page(self, page: SessionPage, urls: list[URL], session: Session) -> SessionPage:
        for url in urls[:_MOST_READ]:
            order = self._read.get(url)
            if order is None:
                reply = await self._shop.transport.get(url) if self._shop.may_ask else None
                if reply is None or reply.page is None:
                    return _NOT_SAID
                order = self._read[url] = read_order(reply.page)
            if self._is_of(order, session):
                return self._signed_up(page, url, session)
        return page

    async def proven(self, url: URL, session: Session, club_member_id: int) -> Answer:
        """What the page of the order says that was just made."""
        reply = await self._shop.transport.get(url)

        def page(body: bytes) -> SessionPage:
            order = self._read[url] = read_order(body)
            if not order.is_confirmed or not self._is_of(order, session):
                return not_understood(fingerprint_of(body))
            return self._signed_up(_page_for(club_member_id), url, session)

        return answer_of(reply, page)

    def _is_of(self, order: Order, session: Session) -> bool:
        return any(self._shop.links.local(start) == session.start for start in order.starts)

    def _signed_up(self, page: SessionPage, url: URL, session: Session) -> SessionPage:
        self._own[session.key] = url
        way_out = Action.WITHDRAW if self._read[url].can_cancel else None
        verdict = Verdict(kind=VerdictKind.SIGNED_UP)
        return page.model_copy(update={"verdict": verdict, "way_in": None, "way_out": way_out})


def _page_for(club_member_id: int) -> SessionPage:
    return SessionPage(verdict=Verdict(kind=VerdictKind.UNKNOWN), club_member_id=club_member_id)
