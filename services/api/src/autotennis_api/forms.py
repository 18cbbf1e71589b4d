"""The forms of the pages, and how they are checked."""

from typing import Any, Final, Self

from pydantic import SecretStr
from werkzeug.datastructures import MultiDict
from wtforms import (
    BooleanField,
    DateField,
    EmailField,
    Field,
    Form,
    HiddenField,
    PasswordField,
    SelectField,
    StringField,
)
from wtforms.validators import AnyOf, EqualTo, InputRequired, Length, Optional, Regexp, ValidationError

from autotennis.domain.club import ClubRules
from autotennis.values import QuietHours, WaitingWish
from autotennis_api.accounts import LONGEST_PASSWORD, SHORTEST_PASSWORD
from autotennis_api.dates import before_start, full_hour, minutes
from autotennis_api.spoken_forms import SpokenForm
from autotennis_api.texts import LANGUAGES, gettext, lazy_gettext

_LONGEST_EMAIL: Final = 100
_LONGEST_CLUB_PASSWORD: Final = 100
_NOTICES_MIN: Final = (0, 60, 120, 360, 720, 1440)
_HOURS: Final = range(24)
_ANSWERS_MIN: Final = (0, 5, 15, 30, 60)


def _required() -> InputRequired:
    return InputRequired(lazy_gettext("This is needed."))


def _email() -> list[Any]:
    return [
        _required(),
        Length(max=_LONGEST_EMAIL, message=lazy_gettext("This e-mail address is too long.")),
        Regexp(r"^[^\s@]+@[^\s@]+$", message=lazy_gettext("This is not an e-mail address.")),
    ]


def _club_password() -> list[Any]:
    return [_required(), Length(max=_LONGEST_CLUB_PASSWORD, message=lazy_gettext("This password is too long."))]


def _new_password() -> list[Any]:
    return [
        _required(),
        Length(
            min=SHORTEST_PASSWORD,
            message=lazy_gettext("Use at least %(count)s characters.", count=SHORTEST_PASSWORD),
        ),
        Length(max=LONGEST_PASSWORD, message=lazy_gettext("This password is too long.")),
    ]


def _repeats(field: str) -> EqualTo:
    return EqualTo(field, message=lazy_gettext("The two passwords differ."))


def _stripped(text: str | None) -> str | None:
    return text.strip() if text else text


def secret(field: Field) -> SecretStr:
    """What was typed into a password field."""
    return SecretStr(str(field.data or ""))


class _ClubForm(Form):
    # The choices are checked here and not by the field, which says so in English only.
    club = SelectField(lazy_gettext("Club"), validators=[_required()], validate_choice=False)

    def offer(self, clubs: tuple[ClubRules, ...]) -> None:
        """Lets the reader choose among these clubs."""
        self.club.choices = [(club.id, club.name) for club in clubs]
        self._offered = frozenset(club.id for club in clubs)

    def validate_club(self, field: Field) -> None:
        """Only a club of the list: a form can be forged."""
        if field.data not in self._offered:
            raise ValidationError(lazy_gettext("Choose a club from the list."))


class RegisterForm(_ClubForm):
    """A new account."""

    email = EmailField(lazy_gettext("Your e-mail address at the club"), filters=[_stripped], validators=_email())
    club_password = PasswordField(lazy_gettext("Your password or PIN at the club"), validators=_club_password())
    password = PasswordField(lazy_gettext("A new password for Autotennis"), validators=_new_password())
    again = PasswordField(lazy_gettext("The new password again"), validators=[_required(), _repeats("password")])
    next = HiddenField()
    invitation = HiddenField()

    def validate_password(self, field: Field) -> None:
        """The club's password would not guard the account any better than the club does."""
        if field.data == self.club_password.data:
            raise ValidationError(lazy_gettext("Use another password here than at the club."))


class SignInForm(Form):
    """Coming in."""

    email = EmailField(lazy_gettext("E-mail address"), filters=[_stripped], validators=_email())
    password = PasswordField(
        lazy_gettext("Your password for Autotennis"),
        validators=[_required(), Length(max=LONGEST_PASSWORD, message=lazy_gettext("This password is too long."))],
    )
    next = HiddenField()


def _notices() -> list[tuple[str, str]]:
    return [(str(minutes), before_start(minutes)) for minutes in _NOTICES_MIN]


def _answers() -> list[tuple[str, str]]:
    asked = [(str(count), gettext("Yes, with %(time)s to answer", time=minutes(count))) for count in _ANSWERS_MIN[1:]]
    return [("0", gettext("No, take it at once")), *asked]


def _full_hours() -> list[tuple[str, str]]:
    return [("", gettext("none")), *((str(hour), full_hour(hour)) for hour in _HOURS)]


def _of_list(*values: str) -> AnyOf:
    """Only what the list offers: a form can be forged. The field itself would say so in English only."""
    return AnyOf(values, message=lazy_gettext("Choose something from the list."))


class WaitingForm(Form):
    """What is wished for in case the session is full. `options` tells that a form had these fields at all."""

    options = HiddenField(default="1")
    wait = BooleanField(lazy_gettext("If it is full, wait for a place that is given back"), default=True)
    notice = SelectField(
        lazy_gettext("Do not take a place later than"),
        choices=_notices,
        default="0",
        validate_choice=False,
        validators=[_of_list(*(str(minutes) for minutes in _NOTICES_MIN))],
    )
    ask = SelectField(
        lazy_gettext("Ask me first"),
        choices=_answers,
        default="0",
        validate_choice=False,
        validators=[_of_list(*(str(count) for count in _ANSWERS_MIN))],
    )
    club_list = BooleanField(lazy_gettext("Ask for a turn on the club's own waiting list, too"))
    quiet_from = SelectField(
        lazy_gettext("Quiet hours from"),
        choices=_full_hours,
        default="",
        validate_choice=False,
        validators=[_of_list("", *(str(hour) for hour in _HOURS))],
    )
    quiet_until = SelectField(
        lazy_gettext("Quiet hours until"),
        choices=_full_hours,
        default="",
        validate_choice=False,
        validators=[_of_list("", *(str(hour) for hour in _HOURS))],
    )

    @classmethod
    def sent(cls, sent: MultiDict[str, str]) -> Self:
        """The form as it was sent. Who leaves a field out means what a new form shows.

        A box without its tick is left out, too, by browsers: there `options` tells the two apart.
        """
        known = sent.copy()
        if "options" not in known:
            known.setdefault("wait", "1")
        return cls(known)

    def validate_quiet_from(self, field: Field) -> None:
        """Needed once the end is chosen."""
        self._refuse_half(field, self.quiet_until)

    def validate_quiet_until(self, field: Field) -> None:
        """Needed once the beginning is chosen, and another hour."""
        self._refuse_half(field, self.quiet_from)
        if self.wait.data and field.data and field.data == self.quiet_from.data:
            raise ValidationError(lazy_gettext("Choose two different hours."))

    def _refuse_half(self, field: Field, other: Field) -> None:
        if self.wait.data and other.data and not field.data:
            raise ValidationError(lazy_gettext("Choose both hours, or none."))

    def wish(self) -> WaitingWish:
        """The wish. The form has to be valid."""
        if not self.wait.data:
            return WaitingWish(wanted=False)
        quiet = None
        if self.quiet_from.data and self.quiet_until.data:
            quiet = QuietHours(from_hour=int(self.quiet_from.data), until_hour=int(self.quiet_until.data))
        return WaitingWish(
            notice_min=int(self.notice.data),
            quiet=quiet,
            ask_min=int(self.ask.data),
            club_list=bool(self.club_list.data),
        )


class MoreForm(Form):
    """What else may be wished for: to be the first week of a series, a place before the opening, one's fixed place."""

    weekly = BooleanField(lazy_gettext("Repeat every week"))
    early = BooleanField(lazy_gettext("Take a place that becomes free before the opening, too"))
    fixed = BooleanField(
        lazy_gettext("I am a regular player of this session: confirm my fixed place as soon as the club allows it")
    )


class DayForm(Form):
    """One date of a series, in a hidden field."""

    day = DateField(validators=[_required()])


class LastDateForm(SpokenForm):
    """The last date of a series, if it has one."""

    until = DateField(
        lazy_gettext("The last date"),
        validators=[Optional()],
        format=["%Y-%m-%d", "%d.%m.%Y"],
    )


class LanguageForm(Form):
    """Another language, and the page to come back to."""

    language = StringField(validators=[AnyOf(tuple(LANGUAGES))])
    back = HiddenField()


class ClubPasswordForm(_ClubForm):
    """A new password at the club."""

    club_password = PasswordField(lazy_gettext("Your new password or PIN at the club"), validators=_club_password())


class ClubLoginForm(Form):
    """What a member logs in to a club with, and the page to go on to."""

    email = EmailField(lazy_gettext("Your e-mail address at the club"), filters=[_stripped], validators=_email())
    club_password = PasswordField(lazy_gettext("Your password or PIN at the club"), validators=_club_password())
    next = HiddenField()


class PasswordForm(Form):
    """A new password of the account."""

    old = PasswordField(lazy_gettext("Your present password for Autotennis"), validators=[_required()])
    password = PasswordField(lazy_gettext("The new password"), validators=_new_password())
    again = PasswordField(lazy_gettext("The new password again"), validators=[_required(), _repeats("password")])
