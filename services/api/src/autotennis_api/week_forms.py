"""What a reader of the club's week may choose; it stands in the address, so that it can be shared."""

from typing import Final

from wtforms import BooleanField, Field, Form, SelectField
from wtforms.validators import AnyOf, Length, ValidationError

from autotennis.domain.club import ClubRules
from autotennis_api.texts import gettext, lazy_gettext
from autotennis_api.week import WEEKS, DayPart, Filter

_LONGEST_LEVEL: Final = 20
_NOT_LISTED: Final = lazy_gettext("Choose something from the list.")


def _weeks() -> list[tuple[str, str]]:
    later = [(str(count), gettext("in %(count)s weeks", count=count)) for count in range(2, WEEKS)]
    return [("0", gettext("from today")), ("1", gettext("in a week")), *later]


def _parts() -> list[tuple[str, str]]:
    return [
        ("", gettext("the whole day")),
        (DayPart.MORNING, gettext("morning, before 12:00")),
        (DayPart.AFTERNOON, gettext("afternoon, 12:00 to 17:00")),
        (DayPart.EVENING, gettext("evening, from 17:00 on")),
    ]


class WeekForm(Form):
    """Which week of which club, and which of its sessions. What is left out is as a new form shows it."""

    club = SelectField(lazy_gettext("Club"), validate_choice=False)
    week = SelectField(
        lazy_gettext("Week"),
        choices=_weeks,
        default="0",
        validate_choice=False,
        validators=[AnyOf(tuple(str(count) for count in range(WEEKS)), message=_NOT_LISTED)],
    )
    level = SelectField(
        lazy_gettext("Level"),
        default="",
        validate_choice=False,
        validators=[Length(max=_LONGEST_LEVEL, message=_NOT_LISTED)],
    )
    part = SelectField(
        lazy_gettext("Time of day"),
        choices=_parts,
        default="",
        validate_choice=False,
        validators=[AnyOf(("", *DayPart), message=_NOT_LISTED)],
    )
    free = BooleanField(lazy_gettext("Only with a free place"))

    def offer(self, clubs: tuple[ClubRules, ...]) -> None:
        """Lets the reader choose among these clubs; the first one, if there is one and they have not chosen."""
        self.club.choices = [(club.id, club.name) for club in clubs]
        self._offered = frozenset(club.id for club in clubs)
        self.club.data = self.club.data or (clubs[0].id if clubs else "")

    def offer_levels(self, levels: list[str]) -> None:
        """Lets the reader choose among the levels of the sessions, and keeps what they chose."""
        chosen = [self.level.data] if self.level.data and self.level.data not in levels else []
        self.level.choices = [("", gettext("every level")), *((level, level) for level in [*levels, *chosen])]

    def validate_club(self, field: Field) -> None:
        """Only a club of the list."""
        if field.data not in self._offered:
            raise ValidationError(str(_NOT_LISTED))

    @property
    def weeks_ahead(self) -> int:
        """The page of the timetable. The form has to be valid."""
        return int(self.week.data)

    @property
    def filter(self) -> Filter:
        """Which sessions are wanted. The form has to be valid."""
        part = DayPart(self.part.data) if self.part.data else None
        return Filter(self.level.data or "", part, only_free=bool(self.free.data))
