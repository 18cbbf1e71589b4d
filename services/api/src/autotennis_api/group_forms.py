"""The forms of groups."""

from typing import Any

from wtforms import Field, Form, StringField
from wtforms.validators import InputRequired, Length, ValidationError

from autotennis.domain.group import LONGEST_GROUP_NAME, LONGEST_NAME
from autotennis_api.texts import lazy_gettext


def squeezed(text: str | None) -> str:
    """Without blanks around it, and with one between its words."""
    return " ".join((text or "").split())


def _printable(_form: Form, field: Field) -> None:
    """What could turn a page's letters around, or break a line, is no part of a name."""
    if not str(field.data).isprintable():
        raise ValidationError(lazy_gettext("Use letters, digits and blanks."))


def _name(longest: int) -> list[Any]:
    return [
        InputRequired(lazy_gettext("This is needed.")),
        # After squeezing nothing may be left.
        Length(min=1, message=lazy_gettext("This is needed.")),
        Length(max=longest, message=lazy_gettext("Use at most %(count)s characters.", count=longest)),
        _printable,
    ]


def _called() -> StringField:
    label = lazy_gettext("The name under which the others see you")
    return StringField(label, filters=[squeezed], validators=_name(LONGEST_NAME))


class GroupForm(Form):
    """A new group, and its first member."""

    name = StringField(
        lazy_gettext("Name of the group"),
        filters=[squeezed],
        validators=_name(LONGEST_GROUP_NAME),
    )
    called = _called()


class JoinForm(Form):
    """Who joins."""

    called = _called()
