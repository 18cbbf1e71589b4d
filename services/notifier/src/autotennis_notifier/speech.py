"""The languages of messages: texts, and dates as their readers write them."""

from collections.abc import Callable
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from babel.support import NullTranslations, Translations

from autotennis.reasons import TRANSLATIONS

_OWN: Final = Path(__file__).with_name("translations")
_WHEN: Final = {"en": "EEE d MMM HH:mm", "nb": "EEE d. MMM 'kl.' HH:mm"}
_LONG: Final = {"en": "EEEE d MMMM 'at' HH:mm", "nb": "EEEE d. MMMM 'kl.' HH:mm"}


class Speech:
    """One language. Its methods have the names by which texts are found for translation."""

    def __init__(self, language: str) -> None:
        self.language = language if language in _WHEN else "en"
        own, shared = (Translations.load(str(where), [self.language]) for where in (_OWN, TRANSLATIONS))
        self._gettext: Callable[[str], str] = _first_that_knows(own, shared)
        self._ngettext: Callable[[str, str, int], str] = own.ngettext

    def gettext(self, text: str, **parts: object) -> str:
        """The text in this language."""
        return self._gettext(text) % parts if parts else self._gettext(text)

    def ngettext(self, one: str, many: str, count: int, **parts: object) -> str:
        """The text for so many of something, where `%(num)s` is how many."""
        return self._ngettext(one, many, count) % {"num": count, **parts}

    def when(self, local: datetime) -> str:
        """A local time, as short as it can be told: `Thu 3 Dec 18:00`."""
        return format_datetime(local, _WHEN[self.language], locale=self.language)

    def long_when(self, local: datetime) -> str:
        """A local time in a sentence: `Thursday 3 December at 18:00`."""
        return format_datetime(local, _LONG[self.language], locale=self.language)

    def clock(self, instant: datetime, zone: ZoneInfo) -> str:
        """The time of day on the club's wall: `18:00`."""
        return f"{instant.astimezone(zone):%H:%M}"


@cache
def speech_in(language: str) -> Speech:
    """That language; English where it is not known."""
    return Speech(language)


def _first_that_knows(own: NullTranslations, shared: NullTranslations) -> Callable[[str], str]:
    def translated(text: str) -> str:
        found = own.gettext(text)
        return shared.gettext(text) if found == text else found

    return translated
