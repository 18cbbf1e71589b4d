"""The forms that name a session: by a pasted link, or by what our own addresses and forms have of it."""

from datetime import datetime
from typing import Final

from pydantic import ValidationError as PydanticError
from wtforms import Field, Form, HiddenField, IntegerField, StringField
from wtforms.validators import InputRequired, Length, ValidationError

from autotennis.domain.session import parse_start
from autotennis.values import Session
from autotennis_api.texts import lazy_gettext


def _stripped(text: str | None) -> str | None:
    return text.strip() if text else text


class LinkForm(Form):
    """A pasted link. What is wrong with it is found out by reading it."""

    link = StringField(lazy_gettext("Link of the session"), filters=[_stripped])


# Which one it is has nothing to do with whether its slot is one.
_ANY_START: Final = datetime(2026, 12, 1, 15, 0)  # noqa: DTZ001 (local by nature)


class SessionForm(Form):
    """A session in hidden fields or in an address: club, weekly slot and local start."""

    club = HiddenField(validators=[InputRequired(), Length(max=64)])
    timeid = IntegerField(validators=[InputRequired()])
    slot = HiddenField(validators=[Length(max=80)])
    start = HiddenField(validators=[InputRequired(), Length(max=20)])

    def validate_slot(self, field: Field) -> None:
        """The weekly slot has a name, or else a number, neither of them too long."""
        try:
            Session(timeid=self.timeid.data or 0, slot=field.data or "", start=_ANY_START)
        except PydanticError:
            raise ValidationError("not a slot") from None

    def validate_start(self, field: Field) -> None:
        """The start is written as in the club's links."""
        if parse_start(str(field.data)) is None:
            raise ValidationError("not a start")

    def session(self) -> Session:
        """The session. The form has to be valid."""
        found = parse_start(str(self.start.data))
        if found is None or self.timeid.data is None:
            raise ValueError("the form was not checked")
        slot = self.slot.data or ""
        return Session(timeid=self.timeid.data, slot=slot, start=found[0], padded=found[1])
