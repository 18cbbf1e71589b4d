"""The page of the club's week, from which a session is picked."""

from collections.abc import Sequence
from functools import partial
from typing import Any, Final, cast

from flask import Blueprint, current_app, render_template, request, url_for

from autotennis.domain.club import ClubRules
from autotennis.errors import AutotennisError, ClubBusy, ClubUntrusted, PageNotUnderstood
from autotennis_api import brief, week, week_words
from autotennis_api.account_views import Page
from autotennis_api.clubs import address_of
from autotennis_api.dates import waiting_time
from autotennis_api.desk import desk, me
from autotennis_api.error_pages import too_often
from autotennis_api.texts import gettext
from autotennis_api.timetables import EXTENSION, Reading, Timetables
from autotennis_api.tries import Rule, TooManyTries
from autotennis_api.week import WEEKS, Pick
from autotennis_api.week_forms import WeekForm

week_pages = Blueprint("week", __name__)

_UNPROCESSABLE: Final = 422


@week_pages.get("/week")
def show() -> Page:
    """The timetable of a club, `week` weeks ahead as the club counts them, with a link to each session's preview."""
    shown, without = _with_a_week(), _without()
    form = WeekForm(request.args)
    form.offer(shown)
    form.offer_levels([])
    if form.club.data in {one.id for one in without}:
        return render_template("week.html", form=form, reading=None, without=without)
    if not form.validate():
        return render_template("week.html", form=form, reading=None, without=without), _UNPROCESSABLE
    return render_template("week.html", form=form, without=without, **_shown(form, _read(form)))


def _with_a_week() -> tuple[ClubRules, ...]:
    return tuple(club.rules for club in desk().ports.clubs.values() if club.traits.has_timetable)


def _without() -> tuple[ClubRules, ...]:
    """The clubs that show no week to everybody."""
    return tuple(club.rules for club in desk().ports.clubs.values() if not club.traits.has_timetable)


def _shown(form: WeekForm, reading: Reading) -> dict[str, object]:
    every = week.within(_picks(form, reading), reading.first)
    form.offer_levels(list(week.levels(every)))
    days = week.days([one for one in every if form.filter.lets_through(one)], reading.first)
    return {
        "reading": reading,
        "trouble": _in_words(reading.trouble) if reading.trouble else "",
        "club": desk().rules_of(form.club.data),
        "days": days,
        "hours": week.hours(days),
        "any_at_all": bool(every),
        "before": _address(form, -1),
        "after": _address(form, 1),
        "brief": brief,
        "week_words": week_words,
        "address_of": address_of,
    }


def _read(form: WeekForm) -> Reading:
    timetables = cast("Timetables", current_app.extensions[EXTENSION])
    may_ask = partial(desk().tries.count, Rule.LOOK_OF_MEMBER, me().id)
    return timetables.page(desk().ports.clubs[form.club.data], form.weeks_ahead, may_ask)


def _picks(form: WeekForm, reading: Reading) -> Sequence[Pick]:
    ports = desk().ports
    club, mine = ports.clubs[form.club.data], ports.store.bookings_of(me().id)
    free_is_open = not club.traits.has_fixed_places
    return week.picks(reading.entries, club.rules, mine, ports.clock.now(), free_is_open=free_is_open)


def _address(form: WeekForm, weeks: int) -> str:
    """The page so many weeks later, with the same filters; empty if there is none."""
    other = form.weeks_ahead + weeks
    if other not in range(WEEKS):
        return ""
    chosen: dict[str, str] = {"level": form.level.data, "part": form.part.data, "free": "y" if form.free.data else ""}
    kept: dict[str, Any] = {name: value for name, value in chosen.items() if value}
    return url_for("week.show", club=form.club.data, week=other, **kept)


def _in_words(trouble: AutotennisError) -> str:
    """Why the timetable could not be read anew."""
    match trouble:
        case TooManyTries():
            return too_often(trouble)
        case ClubBusy(retry_after_s=float(wait_s)):
            when = waiting_time(wait_s)
            return gettext("The club is busy and asked to be left alone. We ask it again %(when)s.", when=when)
        case ClubBusy():
            return gettext("The club is busy and asked to be left alone. We ask it again in some minutes.")
        case PageNotUnderstood():
            return gettext("The club's timetable is not as we know it. You can still paste a session's link.")
        case ClubUntrusted():
            return gettext(
                "We cannot be sure that it is the club that answers, so we asked nothing. "
                "You can still paste a session's link."
            )
        case _:
            return gettext("The club does not answer just now. Try again in a minute.")
