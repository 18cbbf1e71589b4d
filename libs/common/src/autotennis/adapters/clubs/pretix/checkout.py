"""From the cart to an order."""

from dataclasses import dataclass, field
from typing import Final

from yarl import URL

from autotennis.adapters.clubs.pretix.pages import Step, read_step
from autotennis.adapters.clubs.pretix.shop import Shop, said_by
from autotennis.adapters.clubs.reply import Reply
from autotennis.values import Session

# The membership, what else has to be known, and the confirmation, after who it is.
_MOST_STEPS: Final = 3


@dataclass(frozen=True, slots=True)
class Ended:
    """How far it came: to the order at that address, or to a reply that leads no further. `is_refused` tells that the
    shop does not take a step, and holds the place still.
    """

    reply: Reply
    order: URL | None = field(default=None, repr=False)
    is_refused: bool = False


async def ordered(shop: Shop, session: Session) -> Ended:
    """Takes the steps of the checkout.

    It fills in nothing but what the shop itself proposes: what only the member can say, or agree to, is left to them.
    """
    checkout, taken = f"{session.slot}/checkout/", "customer"
    reply = await shop.post(f"{checkout}customer/", {"customer_mode": "login"})
    for _ in range(_MOST_STEPS):
        step = _step(reply)
        if step is None or step.name == taken or not step.is_answered:
            return Ended(reply, is_refused=step is not None)
        if step.name == "confirm":
            return await _confirmed(shop, f"{checkout}confirm/", step)
        taken = step.name
        reply = await shop.post(f"{checkout}{taken}/", step.fields)
    return Ended(reply)


def _step(reply: Reply) -> Step | None:
    return read_step(reply.page) if reply.page else None


async def _confirmed(shop: Shop, path: str, step: Step) -> Ended:
    reply = await shop.ask(path, step.fields)
    said = said_by(reply)
    address = shop.own(said.redirect) if said and said.success else None
    return Ended(reply, address and address.with_query(None), is_refused=said is not None and said.success is False)
