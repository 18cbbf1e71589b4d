"""The forms of the operators' console."""

from collections.abc import Sequence
from typing import Final

from wtforms import EmailField, Field, Form, SelectField, StringField
from wtforms.validators import InputRequired, Length, ValidationError

from autotennis.domain.club import ClubRules
from autotennis.domain.pause import PauseScope
from autotennis_api.spoken_forms import SpokenForm
from autotennis_api.texts import gettext, lazy_gettext

_LONGEST_REASON: Final = 200
_LONGEST_EMAIL: Final = 100


def _squeezed(text: str | None) -> str:
    return " ".join((text or "").split())


def _email(label: str) -> EmailField:
    too_long = lazy_gettext("This is too long for an e-mail address.")
    return EmailField(label, filters=[_squeezed], validators=[Length(max=_LONGEST_EMAIL, message=too_long)])


class AccountForm(Form):
    """Somebody's account, by its e-mail address."""

    email = _email(lazy_gettext("The member's e-mail address"))

    def validate_email(self, field: Field) -> None:
        """Nobody is meant by an empty one."""
        if not field.data:
            raise ValidationError(lazy_gettext("This is needed."))

    def refuse_unknown(self) -> None:
        """Says at the field that nobody has the address, unless something else is wrong with it."""
        self.email.errors = self.email.errors or [gettext("There is no account with this e-mail address.")]


class PauseForm(SpokenForm):
    """A pause of everything, of one club or of one member, and why."""

    what = SelectField(lazy_gettext("What to pause"))
    email = _email(lazy_gettext("The member's e-mail address"))
    reason = StringField(
        lazy_gettext("Reason"),
        filters=[_squeezed],
        validators=[
            InputRequired(lazy_gettext("This is needed.")),
            Length(min=1, message=lazy_gettext("This is needed.")),
            Length(
                max=_LONGEST_REASON,
                message=lazy_gettext("Use at most %(count)s characters.", count=_LONGEST_REASON),
            ),
        ],
    )

    def offer(self, clubs: Sequence[ClubRules]) -> None:
        """What there is to pause."""
        self.what.choices = [
            (f"{PauseScope.ALL.value}/", gettext("Everything")),
            *((f"{PauseScope.CLUB.value}/{club.id}", club.name) for club in clubs),
            (f"{PauseScope.MEMBER.value}/", gettext("One member")),
        ]

    @property
    def scope(self) -> PauseScope:
        """What kind of thing is to be paused."""
        return PauseScope(str(self.what.data).split("/", 1)[0])

    @property
    def club_id(self) -> str:
        """The club, empty for all else."""
        return str(self.what.data).split("/", 1)[1]

    def validate_email(self, field: Field) -> None:
        """Needed to pause one member, and of no use for all else."""
        if str(self.what.data).startswith(PauseScope.MEMBER.value) and not field.data:
            raise ValidationError(lazy_gettext("This is needed."))

    def refuse_email(self, why: str) -> None:
        """Says at the field what is wrong with it."""
        self.email.errors = [why]
