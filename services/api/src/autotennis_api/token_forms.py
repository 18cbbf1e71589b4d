"""The form of a new token."""

from collections.abc import Sequence
from typing import Final

from wtforms import BooleanField, Field, Form, SelectField, StringField
from wtforms.validators import AnyOf, DataRequired, Length, ValidationError

from autotennis.domain.token import LONGEST_NAME, Scope
from autotennis_api.texts import lazy_gettext, ngettext

_DAYS: Final = (7, 30, 90, 365)


def _stripped(text: str | None) -> str | None:
    return text.strip() if text else text


def _lasting() -> list[tuple[str, str]]:
    return [(str(days), ngettext("%(num)s day", "%(num)s days", days)) for days in _DAYS]


class TokenForm(Form):
    """What a token is called, what it is good for, and for how long."""

    name = StringField(
        lazy_gettext("What is it for?"),
        filters=[_stripped],
        validators=[
            DataRequired(lazy_gettext("This is needed.")),
            Length(max=LONGEST_NAME, message=lazy_gettext("This name is too long.")),
        ],
    )
    read = BooleanField(lazy_gettext("See my bookings, series and groups"), default=True)
    book = BooleanField(lazy_gettext("Book for me"))
    cancel = BooleanField(lazy_gettext("Cancel, and give places back"))
    messages = BooleanField(lazy_gettext("Choose where I am told what happens"))
    days = SelectField(
        lazy_gettext("It ends after"),
        choices=_lasting,
        default="90",
        validate_choice=False,
        validators=[AnyOf([str(days) for days in _DAYS], message=lazy_gettext("Choose something from the list."))],
    )

    def validate_read(self, _field: Field) -> None:
        """A token that is good for nothing is a mistake."""
        if not self.scopes():
            raise ValidationError(lazy_gettext("Choose at least one."))

    def scopes(self) -> Sequence[Scope]:
        """What is ticked."""
        return [scope for scope in Scope if self[scope.value].data]
