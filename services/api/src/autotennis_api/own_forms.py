"""The form by which a member leaves for good."""

from wtforms import BooleanField, Form, PasswordField
from wtforms.validators import InputRequired, Length

from autotennis_api.accounts import LONGEST_PASSWORD
from autotennis_api.texts import lazy_gettext


class LeaveForm(Form):
    """Deleting the account."""

    give_back = BooleanField(lazy_gettext("Give the places back first that I have at the club"))
    password = PasswordField(
        lazy_gettext("Your password for Autotennis"),
        validators=[
            InputRequired(lazy_gettext("This is needed.")),
            Length(max=LONGEST_PASSWORD, message=lazy_gettext("This password is too long.")),
        ],
    )
