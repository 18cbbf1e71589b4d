"""The part of a preview's form that asks for more than one booking: other sessions, and others to go with."""

from collections.abc import Mapping
from typing import Final

from wtforms import BooleanField, Field, SelectField, SelectMultipleField, StringField
from wtforms.validators import AnyOf, Length, ValidationError

from autotennis.values import LARGEST_PARTY
from autotennis_api.spoken_forms import SpokenForm
from autotennis_api.texts import gettext, lazy_gettext

_LONGEST_LINK: Final = 2000
_TOO_LONG: Final = lazy_gettext("This is too long for a link.")


def _stripped(text: str | None) -> str:
    return (text or "").strip()


def _link(label: str) -> StringField:
    return StringField(label, filters=[_stripped], validators=[Length(max=_LONGEST_LINK, message=_TOO_LONG)])


def _rules() -> list[tuple[str, str]]:
    return [
        ("many", gettext("as many as possible, in this order")),
        ("all", gettext("all of us or nobody")),
    ]


class OthersForm(SpokenForm):
    """Other sessions in case the first one is not won, or other members for whom it is wanted as well."""

    else_1 = _link(lazy_gettext("Else this one"))
    else_2 = _link(lazy_gettext("Or else this one"))
    trade_up = BooleanField(lazy_gettext("Go on trying for one that I like better, and give the lesser one back then"))
    together = SelectMultipleField(lazy_gettext("Who else"), choices=(), validate_choice=False)
    fewer = SelectField(
        lazy_gettext("If there are fewer places than of us"),
        choices=_rules,
        default="many",
        validate_choice=False,
        validators=[AnyOf(("many", "all"), message=lazy_gettext("Choose something from the list."))],
    )

    def validate_together(self, field: Field) -> None:
        """For one session, since each would need an order of its own; and for no more than a group holds."""
        if field.data and self.links():
            raise ValidationError(lazy_gettext("Choose one of the two: other sessions, or others to go with."))
        if len(field.data or ()) > LARGEST_PARTY:
            raise ValidationError(lazy_gettext("Choose members of one group only."))

    def links(self) -> Mapping[str, str]:
        """The links that were given, by the names of their fields."""
        given = {field.name: str(field.data or "") for field in (self.else_1, self.else_2)}
        return {name: link for name, link in given.items() if link}

    def ticked(self) -> frozenset[str]:
        """The ids of the members who are to go, too."""
        return frozenset(self.together.data or ())

    def refuse(self, name: str, why: str) -> None:
        """Says at a field what is wrong with it."""
        self[name].errors = [why]

    @property
    def names_sessions(self) -> bool:
        """Whether the part with other sessions has anything in it to show."""
        return bool(self.links() or self.trade_up.data or self.else_1.errors or self.else_2.errors)
