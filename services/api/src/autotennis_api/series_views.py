"""The pages of weekly series: all of them, one of them, and its end."""

from collections.abc import Callable
from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.exceptions import NotFound as PageNotFound
from werkzeug.wrappers import Response

from autotennis.domain.member import Member
from autotennis.domain.series import Series
from autotennis.errors import IllegalMove, NotFound
from autotennis.ports import Ports
from autotennis_api import dates, standing, weekly
from autotennis_api.account_views import Page
from autotennis_api.desk import desk, me
from autotennis_api.forms import DayForm, LastDateForm
from autotennis_api.texts import gettext, lazy_gettext, ngettext

series_pages = Blueprint("series", __name__)

_UNPROCESSABLE = 422


@series_pages.get("/series")
def every() -> Page:
    """All weekly series of the reader."""
    mine = weekly.series_of(desk().ports, me())
    shown = [(one, weekly.weeks(desk().ports, one)[:1]) for one in mine]
    return render_template("series_list.html", shown=shown)


@series_pages.get("/series/<series_id>")
def show(series_id: str) -> Page:
    """One series, with its next weeks."""
    series = _mine(series_id)
    return _show(series, LastDateForm(data={"until": series.until}))


def _show(series: Series, form: LastDateForm, status: int = 200) -> Page:
    weeks = weekly.weeks(desk().ports, series)
    club = desk().rules_of(series.club_id)
    return render_template("series.html", series=series, weeks=weeks, club=club, form=form), status


@series_pages.post("/series/<series_id>/skip")
def skip(series_id: str) -> Response:
    """Without one date."""
    return _done_with_day(series_id, weekly.skip, lazy_gettext("%(day)s is skipped."))


@series_pages.post("/series/<series_id>/include")
def include(series_id: str) -> Response:
    """With that date again."""
    return _done_with_day(series_id, weekly.include, lazy_gettext("%(day)s is not skipped any more."))


@series_pages.post("/series/<series_id>/pause")
def pause(series_id: str) -> Response:
    """Nothing more is planned for now."""
    return _done(
        series_id,
        lambda ports: weekly.pause(ports, me(), series_id),
        gettext("The series is paused: no further week is planned. What is planned already stays."),
    )


@series_pages.post("/series/<series_id>/resume")
def resume(series_id: str) -> Response:
    """It is planned on."""
    return _done(series_id, lambda ports: weekly.resume(ports, me(), series_id), gettext("The series goes on."))


@series_pages.post("/series/<series_id>/until")
def until(series_id: str) -> Page:
    """Another last date, or none."""
    series = _mine(series_id)
    form = LastDateForm(request.form)
    if not form.validate():
        return _show(series, form, _UNPROCESSABLE)
    return _done(
        series_id,
        lambda ports: weekly.last(ports, me(), series_id, form.until.data),
        gettext("The last date is kept.") if form.until.data else gettext("The series has no last date any more."),
    )


@series_pages.get("/series/<series_id>/stop")
def ask_stop(series_id: str) -> Page:
    """Asks once more before a series ends, and what is to become of the weeks that are planned."""
    series = _mine(series_id)
    open_ones = [one for one in weekly.planned(desk().ports, series) if standing.may_be_cancelled(one)]
    return render_template("stop_series.html", series=series, planned=open_ones)


@series_pages.post("/series/<series_id>/stop")
def stop(series_id: str) -> Response:
    """Ends a series."""
    _mine(series_id)
    cancelled = weekly.stop(desk().ports, me(), series_id, with_planned="planned" in request.form)
    flash(gettext("The series has ended."))
    if cancelled:
        flash(ngettext("%(num)s planned booking was cancelled.", "%(num)s planned bookings were cancelled.", cancelled))
    return redirect(url_for("series.every"), code=303)


def _mine(series_id: str) -> Series:
    try:
        return weekly.one_of(desk().ports, me(), series_id)
    except NotFound:
        raise PageNotFound from None


def _done(series_id: str, act: Callable[[Ports], Series], told: str) -> Response:
    """Changes the reader's series, and says so."""
    _mine(series_id)
    try:
        act(desk().ports)
    except IllegalMove:
        told = gettext("This series cannot be changed so any more.")
    flash(told)
    return redirect(url_for("series.show", series_id=series_id), code=303)


def _done_with_day(series_id: str, act: Callable[[Ports, Member, str, date], Series], told: str) -> Response:
    """Does that with the date that the form names, which stands for `day` in what is told."""
    form = DayForm(request.form)
    day = form.day.data if form.validate() else None
    if day is None:
        raise PageNotFound
    return _done(series_id, lambda ports: act(ports, me(), series_id, day), str(told) % {"day": dates.day(day)})
