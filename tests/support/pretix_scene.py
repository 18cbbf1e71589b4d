"""What happens behind the pages of a pretix shop, by its own models: run by its own interpreter, with Django set up.

Makes a club and its series, and then does as each line says: a line of JSON in, a line of JSON out, until there are no
more. Django takes seconds to start, so one process serves all of a test's commands.
"""
# pyright: basic, reportMissingImports=false, reportMissingModuleSource=false

import json
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.utils.crypto import get_random_string
from django.utils.timezone import now
from django_scopes import scopes_disabled
from pretix.base.models import CartPosition, Customer, Event, Membership, Order, OrderPosition, Organizer
from pretix.base.services.orders import cancel_order
from pretix.base.settings import LazyI18nStringList

CLUB = "club"
SERIES = "tennis"
NOTHING = Decimal("0.00")


def club() -> Any:
    return Organizer.objects.get(slug=CLUB)


def series() -> Any:
    return club().events.get(slug=SERIES)


def product() -> Any:
    return series().items.get()


def found(has_list: bool) -> dict[str, Any]:
    """The club, its kind of membership, and a series of free places for members."""
    made = Organizer.objects.create(slug=CLUB, name="Example Tennis Club")
    for name, value in {"customer_accounts": True, "customer_accounts_native": True, "timezone": "Europe/Oslo"}.items():
        made.settings.set(name, value)
    membership = made.membership_types.create(name="Season", transferable=False, allow_parallel_usage=False)
    event = Event.objects.create(
        organizer=made, name="Tennis", slug=SERIES, has_subevents=True, date_from=now(), currency="NOK", live=True,
        is_public=True,
    )  # fmt: skip
    event.set_defaults()
    said = {"timezone": "Europe/Oslo", "waiting_list_enabled": has_list, "max_items_per_order": 1}
    asked = {"attendee_names_asked": False, "order_email_asked_twice": False, "locales": ["en"], "locale": "en"}
    for name, value in {**said, **asked}.items():
        event.settings.set(name, value)
    item = event.items.create(
        name="Place", default_price=NOTHING, max_per_order=1, require_membership=True, allow_waitinglist=has_list
    )
    item.require_membership_types.add(membership)
    return {"club": made.slug}


def member(email: str, password: str = "", active: bool = True) -> dict[str, Any]:
    """Somebody with an account and a membership; says so of somebody who has one, if there is a password."""
    name = {"_scheme": "full", "full_name": email.split("@")[0].title()}
    customer = club().customers.filter(email=email).first() or Customer(
        organizer=club(), email=email, is_verified=True, name_parts=name
    )
    customer.is_active = active
    customer.set_password(password or get_random_string(20))
    customer.save()
    if not customer.memberships.exists():
        Membership.objects.create(
            customer=customer, membership_type=club().membership_types.get(), attendee_name_parts=name,
            date_start=now() - timedelta(days=30), date_end=now() + timedelta(days=365),
        )  # fmt: skip
    return {"email": customer.email, "identifier": customer.identifier}


def date(starts_at: str, opens_at: str, places: int = 2, name: str = "Tennis training") -> dict[str, Any]:
    """One more date of the series."""
    start, opens = datetime.fromisoformat(starts_at), datetime.fromisoformat(opens_at)
    made = series().subevents.create(
        name=name,
        date_from=start,
        date_to=start + timedelta(hours=1),
        presale_start=opens,
        presale_end=start,
        active=True,
    )
    quota = series().quotas.create(subevent=made, name="places", size=places)
    quota.items.add(product())
    return {"number": made.pk}


def dates() -> list[dict[str, Any]]:
    """All dates of the series."""
    return [{"number": one.pk} for one in series().subevents.order_by("pk")]


@transaction.atomic
def fill(number: int, leave: int = 0) -> list[dict[str, Any]]:
    """Gives places to others until so many are left."""
    there = series().subevents.get(pk=number)
    left = there.quotas.get().availability()[1] - leave
    return [_booked(there, f"other-{number}-{one}@club.example") for one in range(left)]


def _booked(there: Any, email: str) -> dict[str, Any]:
    customer = club().customers.get(email=member(email)["email"])
    order = Order.objects.create(
        event=series(), status=Order.STATUS_PAID, email=email, customer=customer, locale="en", datetime=now(),
        expires=now() + timedelta(days=14), total=NOTHING, sales_channel=club().sales_channels.get(identifier="web"),
    )  # fmt: skip
    OrderPosition.objects.create(
        order=order, item=product(), subevent=there, price=NOTHING, tax_rate=NOTHING, tax_value=NOTHING, positionid=1,
        used_membership=customer.memberships.first(),
    )  # fmt: skip
    order.create_transactions()
    return _told(order)


def _told(order: Any) -> dict[str, Any]:
    return {"code": order.code, "is_confirmed": order.status == Order.STATUS_PAID, "email": order.customer.email}


def orders(number: int) -> list[dict[str, Any]]:
    """The orders of a date."""
    of_date = OrderPosition.all.filter(subevent_id=number).values("order")
    return [_told(order) for order in Order.objects.filter(pk__in=of_date).order_by("datetime")]


def cancel(code: str) -> dict[str, Any]:
    """Cancels an order as the club would."""
    order = Order.objects.get(event=series(), code=code)
    cancel_order.apply(args=(order.pk,), kwargs={"send_mail": False}).get()
    order.refresh_from_db()
    return _told(order)


def carts(number: int) -> list[dict[str, Any]]:
    """What lies in carts of a date."""
    return [{"is_held": one.expires > now()} for one in CartPosition.objects.filter(subevent_id=number)]


def waiting(number: int) -> list[str]:
    """Who stands on the waiting list of a date."""
    return [entry.email for entry in series().waitinglistentries.filter(subevent_id=number).order_by("created")]


def terms(text: str) -> dict[str, Any]:
    """What whoever books has to agree to; nothing if it is empty."""
    series().settings.set("confirm_texts", LazyI18nStringList([text] if text else []))
    return {"text": text}


COMMANDS: dict[str, Callable[..., Any]] = {
    one.__name__: one for one in (found, member, date, dates, fill, orders, cancel, carts, waiting, terms)
}


def answered(line: str) -> Any:
    """What a command gives; a mistake is an answer, too."""
    asked = json.loads(line)
    try:
        with scopes_disabled(), redirect_stdout(sys.stderr):
            return {"gives": COMMANDS[asked["command"]](**asked["with"])}
    except Exception as error:  # noqa: BLE001 (whoever asked is to hear of it)
        return {"error": f"{type(error).__name__}: {error}"}
    finally:
        connection.close()


if __name__ == "__main__":
    for line in sys.stdin:
        sys.stdout.write(json.dumps(answered(line)) + "\n")
        sys.stdout.flush()
