"""The web pages as a Flask application. It knows no environment: it is given its ports and its settings."""

from datetime import timedelta
from typing import Any, Final, cast

from flask import Blueprint, Flask, current_app, request
from flask_wtf.csrf import CSRFProtect  # pyright: ignore[reportMissingTypeStubs] (it ships none)
from werkzeug.middleware.proxy_fix import ProxyFix

from autotennis.ports import Ports
from autotennis.turns import Turns
from autotennis_api import dates, doors, pauses, stage_lights, standing, texts, words
from autotennis_api.account_views import accounts
from autotennis_api.accounts import Accounts
from autotennis_api.acting_views import acting
from autotennis_api.booking_views import bookings
from autotennis_api.club_login_views import club_login_pages
from autotennis_api.club_pages import EXTENSION as CHANGED_PAGES
from autotennis_api.club_pages import ChangedPages
from autotennis_api.club_room import ClubRoom
from autotennis_api.desk import EXTENSION, Desk, caller, desk
from autotennis_api.error_pages import add_error_pages
from autotennis_api.giving_up_views import giving_up
from autotennis_api.group_views import group_pages
from autotennis_api.invitation_views import invitation_pages
from autotennis_api.late_rules import LateRule
from autotennis_api.live_views import add_live_pages
from autotennis_api.machine_metrics import count_pages, machine_metrics
from autotennis_api.message_views import message_pages
from autotennis_api.offer_views import offers
from autotennis_api.operator_views import operator_pages
from autotennis_api.operators_views import operators_pages
from autotennis_api.own_views import own_pages
from autotennis_api.repeat_views import repeats
from autotennis_api.rest.operations import operations
from autotennis_api.rest.problems import or_page
from autotennis_api.rest.reading import api_pages
from autotennis_api.safety import add_safety_headers
from autotennis_api.series_views import series_pages
from autotennis_api.settings import ApiSettings
from autotennis_api.static_files import keep_static_files
from autotennis_api.timetables import EXTENSION as TIMETABLES
from autotennis_api.timetables import Timetables
from autotennis_api.token_views import token_pages
from autotennis_api.traces import trace_pages
from autotennis_api.tries import Tries
from autotennis_api.week_views import week_pages

LARGEST_FORM_BYTES: Final = 64 * 1024
_SESSION_DAYS = 30


class _Application(Flask):
    url_rule_class = LateRule


def create_app(ports: Ports, settings: ApiSettings) -> Flask:
    """The application. The ports have to stay open for as long as it serves."""
    app = _Application(__name__)
    tries = Tries(
        ports.store,
        ports.clock,
        club_logins_per_hour=settings.club_logins_per_hour,
        club_logins_per_address=settings.club_logins_per_address,
        metrics=ports.metrics,
        room=(room := ClubRoom(settings.threads)),
    )
    app.extensions[EXTENSION] = Desk(
        ports,
        settings,
        tries,
        Accounts(ports, tries, sends_mail=bool(settings.mail_from)),
        Turns(ports.store, ports.ids, settings.instance),
    )
    app.extensions[TIMETABLES] = Timetables(ports.clock, room)
    _configure(app, settings)
    texts.set_up_languages(app)
    count_pages(app, ports.metrics, ports.clock.monotonic_s)
    keep_static_files(app)
    # The door first: who is asking decides the language of every page, error pages included.
    doors.guard(app)
    # A program shows a token with each request, and a link of a message is one itself: no other site has any.
    forms = CSRFProtect(app)
    for part in (operations.blueprint, acting):
        forms.exempt(part)  # pyright: ignore[reportUnknownMemberType] (it has no types)
    add_error_pages(app, or_page)
    add_safety_headers(app, over_tls=not settings.plain_http)
    app.context_processor(_for_every_page)
    for part in (accounts, bookings, giving_up, group_pages, offers, repeats, series_pages, _machines()):
        app.register_blueprint(part)
    app.register_blueprint(club_login_pages)
    app.register_blueprint(operator_pages)
    app.register_blueprint(operators_pages)
    app.register_blueprint(machine_metrics)
    add_live_pages(app, ports, settings.streams)
    app.register_blueprint(week_pages)
    for part in (operations.blueprint, api_pages, token_pages):
        app.register_blueprint(part)
    for part in (invitation_pages, own_pages):
        app.register_blueprint(part)
    app.extensions[CHANGED_PAGES] = ChangedPages(ports)
    for part in (acting, message_pages):
        app.register_blueprint(part)
    trace_pages(app)
    return app


def _configure(app: Flask, settings: ApiSettings) -> None:
    over_tls = not settings.plain_http
    # Whatever FLASK_DEBUG says in some shell.
    app.debug = False
    app.secret_key = settings.session_secret.get_secret_value()
    cast("dict[str, Any]", app.config).update(
        MAX_CONTENT_LENGTH=LARGEST_FORM_BYTES,
        PERMANENT_SESSION_LIFETIME=timedelta(days=_SESSION_DAYS),
        SESSION_COOKIE_HTTPONLY=True,
        # The prefix makes browsers refuse the cookie if another host of the domain, or plain HTTP, set it.
        SESSION_COOKIE_NAME="__Host-autotennis" if over_tls else "autotennis",
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=over_tls,
        # Only what changes the session sends its cookie: a page that is slow to come, asked for before a sign-out,
        # must not bring the earlier one back.
        SESSION_REFRESH_EACH_REQUEST=False,
        # A page may lie open for days before its form is sent: the token lasts as long as the session.
        WTF_CSRF_TIME_LIMIT=None,
    )
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    if settings.proxies:
        # The host, too: a form sent over TLS is taken only if it comes from a page of the host that we think we are.
        count = settings.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)


def _machines() -> Blueprint:
    """What machines ask for."""
    machines = Blueprint("machines", __name__)

    @machines.get("/healthz")
    @doors.public
    def healthz() -> dict[str, str]:  # pyright: ignore[reportUnusedFunction] (Flask calls it)
        return {"status": "ok"}

    return machines


def _for_every_page() -> dict[str, Any]:
    """What templates find besides what a page gives them."""
    return {
        "clubs": desk().clubs,
        "has_week": any(club.traits.has_timetable for club in desk().ports.clubs.values()),
        "dates": dates,
        "here": request.full_path.rstrip("?") if request.method == "GET" else "",
        "language": texts.language(),
        "languages": texts.LANGUAGES,
        "member": caller(),
        "now": desk().ports.clock.now(),
        "pages_changed": cast("ChangedPages", current_app.extensions[CHANGED_PAGES]).at,
        "paused": lambda: pauses.told(desk().ports, caller()),
        "rules_of": desk().rules_of,
        "stage_lights": stage_lights,
        "standing": standing,
        "words": words,
    }
