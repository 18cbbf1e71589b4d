"""Dates, times and figures in words."""

import math
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal

from autotennis.domain.booking import Booking
from autotennis.domain.club import ClubRules
from autotennis.values import ClockReading, Plan, QuietHours, Session
from autotennis_api.texts import gettext, language, locale, ngettext

_DAY: Final = {"en": "EEEE d MMMM y", "nb": "EEEE d. MMMM y"}
_AT: Final = {"en": "'at' ", "nb": "'kl.' "}
_SESSION_LENGTH: Final = timedelta(hours=1)
_FIGURES_IN_MS: Final = 10_000
_OFFSETS_IN_MS: Final = 1_000
_HOUR_MIN: Final = 60


def local_time(instant: datetime, zone: ZoneInfo) -> str:
    """An instant by the clock on the club's wall: `Tuesday 1 December 2026 at 15:00`."""
    return _capital(inside(instant.astimezone(zone)))


def inside(local: datetime) -> str:
    """A local time inside a sentence, where not every language writes days with capitals."""
    clock = "HH:mm:ss" if local.second else "HH:mm"
    return format_datetime(local, f"{_DAY[language()]} {_AT[language()]}{clock}", locale=locale())


def clock_time(instant: datetime, zone: ZoneInfo) -> str:
    """The time of day on the club's wall: `15:00`."""
    return f"{instant.astimezone(zone):%H:%M}"


def session_time(session: Session) -> str:
    """A session's start as the club writes it."""
    return _capital(inside(session.start))


def session_day(session: Session, now: datetime) -> str:
    """A session's day: `Tuesday 1 December`, and the year where it is not the present one."""
    pattern = _DAY[language()] if session.start.year != now.year else _DAY[language()].removesuffix(" y")
    return _capital(format_datetime(session.start, pattern, locale=locale()))


def day(local: date) -> str:
    """A date: `Tuesday 1 December 2026`."""
    return _capital(inside_day(local))


def inside_day(local: date) -> str:
    """A date inside a sentence, where not every language writes days with capitals."""
    return str(format_date(local, _DAY[language()], locale=locale()))


def weekly_time(session: Session) -> str:
    """When a session is, week after week: `Every Tuesday at 18:00`."""
    weekday = format_date(session.start, "EEEE", locale=locale())
    return _capital(gettext("every %(weekday)s at %(time)s", weekday=weekday, time=f"{session.start:%H:%M}"))


def session_hours(session: Session) -> str:
    """From when to when: `15:00-16:00`. Every session seen lasts an hour (saved pages of 2017)."""
    return f"{session.start:%H:%M}\N{EN DASH}{session.start + _SESSION_LENGTH:%H:%M}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def countdown(until: datetime, now: datetime) -> str:
    """How long it still is, in the two largest units: `in 2 d 3 h`; `now` when it has come."""
    left_s = int((until - now).total_seconds())
    if left_s <= 0:
        return gettext("now")
    return gettext("in %(time)s", time=_duration(left_s))


def _duration(left_s: int) -> str:
    sizes = (86_400, 3_600, 60, 1)
    parts: list[str] = []
    for size, unit in zip(sizes, units(), strict=True):
        count, left_s = divmod(left_s, size)
        parts.append(f"{count} {unit}")
    while len(parts) > 1 and parts[0].startswith("0 "):
        parts.pop(0)
    return " ".join(parts[:2])


def units() -> tuple[str, str, str, str]:
    """What days, hours, minutes and seconds are called in a countdown."""
    return gettext("d"), gettext("h"), gettext("min"), gettext("s")


def since_opening(ms: float) -> str:
    """Milliseconds before (with a minus) or after the opening; as seconds where that says more."""
    sign = "\N{MINUS SIGN}" if ms < 0 else "+"
    return f"{sign}{span(abs(ms))}"


def span(ms: float) -> str:
    """A stretch of time: `12.3 ms`, `90.0 s`."""
    if ms < _FIGURES_IN_MS:
        return f"{format_decimal(ms, format='#,##0.0', locale=locale())}\N{NO-BREAK SPACE}ms"
    return f"{format_decimal(ms / 1000, format='#,##0.0', locale=locale())}\N{NO-BREAK SPACE}s"


def full_hour(hour: int) -> str:
    """A full hour of the day: `07:00`."""
    return f"{hour:02d}:00"


def quiet_hours(quiet: QuietHours) -> str:
    """From when to when: `23:00-07:00`."""
    return f"{full_hour(quiet.from_hour)}\N{EN DASH}{full_hour(quiet.until_hour)}"


def before_start(notice_min: int) -> str:
    """How long before a session's start: `2 hours before the start`; `the start` if that is no time at all."""
    if not notice_min:
        return gettext("the start")
    count = notice_min / _HOUR_MIN
    hours = format_decimal(count, locale=locale())
    return ngettext(
        "%(hours)s hour before the start", "%(hours)s hours before the start", math.ceil(count), hours=hours
    )


def minutes(count: int) -> str:
    """So many minutes: `15 minutes`."""
    return ngettext("%(num)s minute", "%(num)s minutes", count)


def each(every_s: float) -> str:
    """How often something is done: `every 30 seconds`."""
    seconds = format_decimal(every_s, locale=locale())
    return ngettext("every %(seconds)s second", "every %(seconds)s seconds", math.ceil(every_s), seconds=seconds)


def session_title(booking: Booking, club: ClubRules) -> str:
    """What a booking is called in a page's title."""
    return f"{club.name}, {inside(booking.session.start)}"


def waiting_time(wait_s: float) -> str:
    """How long to wait: `in 12 min 30 s`."""
    return gettext("in %(time)s", time=_duration(max(1, round(wait_s))))


def clock_difference(reading: ClockReading) -> str:
    """How far the club's clock is from ours, how well that is known, and from what."""
    bound = span(reading.bound_ms)
    if not reading.round_trip_ms:
        return gettext("Not measured: taken to be as ours, give or take %(bound)s", bound=bound)
    off, source = _offset(abs(reading.offset_ms)), _source(reading)
    if reading.offset_ms < 0:
        return gettext("%(time)s behind ours, within %(bound)s (%(source)s)", time=off, bound=bound, source=source)
    return gettext("%(time)s ahead of ours, within %(bound)s (%(source)s)", time=off, bound=bound, source=source)


def _source(reading: ClockReading) -> str:
    """What a reading comes from: this time's answers or, where they told nothing, what was known before."""
    return ngettext("%(num)s answer", "%(num)s answers", reading.probes) if reading.probes else gettext("from earlier")


def _offset(ms: float) -> str:
    if ms < _OFFSETS_IN_MS:
        return span(ms)
    return f"{format_decimal(ms / 1000, format='#,##0.000', locale=locale())}\N{NO-BREAK SPACE}s"


def planned_sign_ups(plan: Plan) -> str:
    """How many sign-ups were planned, and when each was to be sent: `2 sign-ups at -1.5 ms, +0.5 ms`."""
    times = ", ".join(since_opening(shot_ms) for shot_ms in plan.shots_ms)
    return ngettext("%(num)s sign-up at %(times)s", "%(num)s sign-ups at %(times)s", len(plan.shots_ms), times=times)
