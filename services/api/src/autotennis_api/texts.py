"""Languages: which one a page is in, and the typed door to Flask-Babel, which has no types of its own."""

from contextlib import AbstractContextManager
from typing import Any, Final, cast

from babel import Locale
from flask import Flask, request, session
from flask_babel import Babel, force_locale, get_locale  # pyright: ignore[reportMissingTypeStubs, reportUnknownVariableType] (it ships none)
from flask_babel import gettext as _gettext  # pyright: ignore[reportMissingTypeStubs, reportUnknownVariableType] (typed below)
from flask_babel import lazy_gettext as _lazy_gettext  # pyright: ignore[reportMissingTypeStubs, reportUnknownVariableType] (typed below)
from flask_babel import ngettext as _ngettext  # pyright: ignore[reportMissingTypeStubs, reportUnknownVariableType] (typed below)

from autotennis.reasons import TRANSLATIONS
from autotennis_api.desk import caller

# What each is called by those who speak it.
LANGUAGES: Final = {"nb": "Norsk", "en": "English"}
_NORWEGIAN: Final = frozenset({"nb", "no", "nn"})


def set_up_languages(app: Flask) -> None:
    """Gives the application its texts in every language."""
    both = f"translations;{TRANSLATIONS}"
    Babel(app, default_locale="en", default_translation_directories=both, locale_selector=_chosen)


def gettext(text: str, **parts: Any) -> str:
    """The text in the reader's language."""
    return _gettext(text, **parts)


def ngettext(one: str, many: str, count: int, **parts: Any) -> str:
    """The text for so many of something in the reader's language, where `%(num)s` is how many."""
    return _ngettext(one, many, count, **parts)


def lazy_gettext(text: str, **parts: Any) -> str:
    """Like `gettext`, decided when the text is shown: for tables and forms, which are made before anybody reads."""
    return cast("str", _lazy_gettext(text, **parts))


def language() -> str:
    """The reader's language."""
    return locale().language


def locale() -> Locale:
    """The reader's language and its habits with dates and numbers."""
    return get_locale() or Locale("en")


def speaking(chosen: str) -> AbstractContextManager[None]:
    """In that language, whoever asks, while the context lasts."""
    return cast("AbstractContextManager[None]", force_locale(chosen))


def chosen() -> str | None:
    """The language that a reader who is not signed in has chosen; None if they never did."""
    kept = session.get("language")
    return kept if kept in LANGUAGES else None


def choose(chosen: str) -> None:
    """Remembers the language of a reader who is not signed in."""
    session["language"] = chosen


def _chosen() -> str:
    if request.blueprint == "rest":
        return "en"  # as the API's description is
    member = caller()
    kept = member.language if member else session.get("language")
    return kept if kept in LANGUAGES else _asked_for_by_browser()


def _asked_for_by_browser() -> str:
    best = request.accept_languages.best_match([*sorted(_NORWEGIAN), "en"], default="en")
    return "nb" if best in _NORWEGIAN else "en"
