"""Days and times where there is little room: on cards and in the week. What they mean is clear from what is around."""

from datetime import date, datetime, timedelta
from typing import Final

from babel.dates import format_date, format_datetime

from autotennis_api.texts import gettext, language, locale

_DAY: Final = {"en": "EEE d MMM", "nb": "EEE d. MMM"}
_AT: Final = {"en": " HH:mm", "nb": " 'kl.' HH:mm"}
# Within so many days, the day's name alone says which one is meant.
_A_WEEK: Final = timedelta(days=6)


def short_day(day: date) -> str:
    """A day: `Thu 26 Nov`."""
    return _capital(day_inside(day))


def day_inside(day: date) -> str:
    """A day inside a sentence, where not every language writes days with capitals."""
    return format_date(day, _DAY[language()], locale=locale())


def short_time(local: datetime, today: date) -> str:
    """A local time inside a sentence: `18:00` today, `Thu 18:00` within a week, `Thu 26 Nov 18:00` after that."""
    apart = local.date() - today
    if apart == timedelta(0):
        return format_datetime(local, _AT[language()].strip(), locale=locale())
    pattern = "EEE" if timedelta(0) < apart <= _A_WEEK else _DAY[language()]
    return format_datetime(local, pattern + _AT[language()], locale=locale())


def day_heading(day: date, today: date) -> str:
    """A day above what is on it: `Today`, `Tomorrow`, `Thursday 26 November`."""
    if day == today:
        return gettext("Today")
    if day == today + timedelta(days=1):
        return gettext("Tomorrow")
    return _capital(format_date(day, "EEEE d MMMM" if language() == "en" else "EEEE d. MMMM", locale=locale()))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
