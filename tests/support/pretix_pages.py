"""Pages as a shop of pretix 2026.8 sends them, without what nobody reads; all people and codes are invented."""

from textwrap import indent

NUMBER = 21
START = "2026-12-02T17:00:00.250000+00:00"
OPENS = "2026-11-29T17:00:00.250000+00:00"
NOW = "1796000000.500000"
IN_MENU = (
    '<a href="/club/account/">Ås, Ingebjørg</a> <a href="/club/account/logout?next=/club/tennis/21/%3F">Log out</a>'
)
OUT_MENU = '<form action="/club/account/login" method="get"><button>Log in</button></form>'

OPENS_AT = f"""<div class="alert alert-info"><span data-time="{OPENS}" data-timezone="Europe/Oslo">
The booking period for this event will start on <time datetime='2026-11-29'>2026-11-29</time>.</span></div>"""
OPENS_SOMETIME = '<div class="alert alert-info">The booking period for this event has not yet started.</div>'
OVER = '<div class="alert alert-info">The booking period for this event is over.</div>'

CHOICE = '<label><input type="checkbox" value="1" checked name="item_{item}" id="item_{item}"></label>'
CLOSED = CHOICE.replace("checked", "checked disabled")
GONE = '<strong>FULLY BOOKED</strong> <a href="/club/tennis/waitinglist?item={item}&subevent=21">Waiting list</a>'
BUTTON = '<button type="submit" id="btn-add-to-cart">Add to cart</button>'
OTHER_ALERT = '<main><div class="alert alert-danger"><p>Your cart is empty</p></div>'


def product(inside: str, state: str = "available", item: int = 7, price: str = "0.00") -> str:
    """A product's row, with what its box says."""
    return f"""<article class="row product-row simple" id="item-{item}" data-price="{price}"><h4>Place</h4>
<div class="col-md-2 availability-box {state}">{inside.format(item=item)}</div></article>"""


FREE = product(CHOICE) + BUTTON
FULL = product(GONE, "gone")
RESERVED = product(GONE.replace("FULLY BOOKED", "Reserved"), "unavailable")
NOT_YET = product(CLOSED)


def cart(expires: str = "2026-11-30 02:23:20+0100", start: str = START) -> str:
    """The visitor's own cart, with one place in it."""
    return f"""<details class="panel panel-primary cart" open>{ordered(start, "editable")}
<p id="cart-deadline" data-expires="{expires}">29 minutes</p></details>"""


def ordered(start: str = START, more: str = "") -> str:
    """A row of a cart, or of an order."""
    return f"""<div role="row" class="row cart-row {more}" data-article-id="item-7"><strong>Place</strong>
<time datetime="2026-12-02">Wed, Dec. 2, 2026</time> <time datetime="{start}" data-timezone="Europe/Oslo">18:00</time>
<span class="sr-only"><time datetime="{start}">6 p.m.</time></span></div>"""


def page(content: str, *, menu: str = IN_MENU, now: str = NOW) -> bytes:
    """A page of the shop."""
    return f"""<!DOCTYPE html><html lang="en"><head><title>Tennis</title></head>
<body class="nojs" data-locale="en" data-now="{now}"><nav class="loginstatus">{menu}</nav>
<main id="content">{indent(content, "    ")}</main></body></html>""".encode()


def date_page(
    products: str, *, alert: str = "", mark: str = "available", cart: str = "", start: str = START, menu: str = IN_MENU
) -> bytes:
    """A date's page: the calendar of all dates above, with `mark` on this one."""
    return page(
        f"""<script type="application/ld+json">{{"@type": "Event", "name": "Tennis", "startDate": "{start}"}}</script>
{cart}<details class="panel"><a class="event {mark}" href="/club/tennis/{NUMBER}/">
<span class="event-time" data-time="{start}">18:00</span></a>
<a class="event soon" href="/club/tennis/22/"><span class="event-time" data-time="2026-12-09T17:00:00+00:00"></span></a>
</details><h2 class="subevent-head">Tennis &amp; serve</h2>{alert}
<div><div class="info-row"><p><time datetime="2026-12-02">Wed, Dec. 2, 2026</time><br>
<span data-time="{start}" data-timezone="Europe/Oslo">Begin: <time>18:00</time></span><br>
<a href="/club/tennis/ical/{NUMBER}/">Add to Calendar</a></p></div></div>
<form method="post" data-asynctask-text="Once in your cart, you will have 30 minutes to complete your purchase."
 action="/club/tennis/cart/add?next=/club/tennis/21/">
<input type="hidden" name="subevent" value="21">
{products}</form>""",
        menu=menu,
    )


def cell(number: int, mark: str, start: str, status: str = "", slot: str = "tennis") -> str:
    """A date in a calendar."""
    return f"""<li><a class="event {mark}" href="/club/{slot}/{number}/"><span class="event-name">Tennis
 &amp; serve</span> <span class="event-time" data-time="{start}" data-timezone="Europe/Oslo">18:00</span>
<span class="event-status">{status}</span></a></li>"""


def calendar(*cells: str) -> bytes:
    """A week's calendar."""
    return page(f'<div class="week-calendar"><ul class="events">{"".join(cells)}</ul></div>', menu=OUT_MENU)


def account(*orders: str, member: str = "#5HPM7VJ") -> bytes:
    """A member's own page."""
    return page(f"<dl><dt>Customer ID</dt><dd>{member}</dd></dl>{''.join(orders)}")


def listed(code: str, bubble: str = "success", slot: str = "tennis") -> str:
    """An order on a member's own page."""
    address = f"http://127.0.0.1:8345/club/{slot}/order/{code}/hush-hush/"
    return f"""<article class="row"><h4><strong><a href="{address}">{code}</a></strong>
<small><span class="textbubble-{bubble}">Told</span></small></h4><p><a href="{address}">Details</a></p></article>"""


def order_page(*rows: str, bubble: str = "success", may_cancel: bool = True) -> bytes:
    """An order's page."""
    way_out = (
        '<div class="panel panel-cancellation"><a href="/club/tennis/order/AB3CD/hush-hush/cancel">Cancel</a></div>'
    )
    return page(
        f"""{OTHER_ALERT}<h2 class="h1">Order AB3CD</h2><dl class="lead order-details"><dd>
<span class="textbubble-{bubble}">Told</span></dd></dl>{"".join(rows)}{way_out if may_cancel else ""}"""
    )


def login_page(said: str = "", wrong: str = "") -> bytes:
    """The form of the login, with what is wrong."""
    alert = f'<div class="alert alert-danger">\n  {said}\n</div>' if said else ""
    marked = f'<p class="help-block">{wrong}</p>' if wrong else ""
    return page(
        f"""<form action="" method="post">{alert}<div class="form-group {"has-error" if wrong else ""}">
<input type="email" name="email">{marked}</div><input type="password" name="password"></form>""",
        menu=OUT_MENU,
    )


def step_page(fields: str, *, last: bool = False) -> bytes:
    """A step of the checkout."""
    mark = "data-asynctask" if last else ""
    return page(
        f"""<form id="cart-extend-form" method="post" action="/club/tennis/cart/extend">
<input name="any" required></form>
<ol class="checkout-flow"><li class="checkout-step step-current">Now</li></ol>
<form class="form-horizontal" method="post" {mark}>{fields}</form>"""
    )


MEMBERSHIP = '<input type="radio" name="membership-9-membership" value="{}" required {}>'
EMAIL = '<div id="questions_group"><input type="email" name="email" value="ingebjorg.as@example.org" required disabled>'
