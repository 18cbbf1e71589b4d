"""The forms of the page of messages: a channel's wishes, its address, and when to tell."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from babel.dates import format_timedelta
from pydantic import SecretStr, ValidationError
from wtforms import BooleanField, EmailField, Field, Form, HiddenField, SelectField, StringField, URLField
from wtforms.validators import AnyOf, Length, Optional
from wtforms.validators import ValidationError as FieldError

from autotennis.domain.channel import (
    AppriseAddress,
    ChannelAddress,
    ChannelKind,
    EmailAddress,
    Level,
    PushAddress,
    Telling,
    WebhookAddress,
)
from autotennis.domain.receivers import AppriseProblem, apprise_problem
from autotennis.values import QuietHours
from autotennis_api.channels import Wished
from autotennis_api.dates import full_hour
from autotennis_api.message_words import LEVELS
from autotennis_api.texts import gettext, lazy_gettext, locale

_LONGEST: Final = {ChannelKind.EMAIL: 254, ChannelKind.APPRISE: 2000, ChannelKind.WEBHOOK: 2000}
_REMINDERS_MIN: Final = (0, 30, 60, 120, 180, 360, 720, 1440, 2880)
_HOURS: Final = range(24)
_FROM_LIST: Final = lazy_gettext("Choose something from the list.")
_NEEDED: Final = lazy_gettext("This is needed.")
_APPRISE_PROBLEMS: Final = {
    AppriseProblem.NOT_AN_ADDRESS: lazy_gettext("This is not such an address: it begins like tgram://"),
    AppriseProblem.UNKNOWN_SERVICE: lazy_gettext("We do not know this service, or may not use it from here."),
    AppriseProblem.REFUSED_OPTION: lazy_gettext("This address asks for a file, which is not allowed here."),
}


def _stripped(text: str | None) -> str | None:
    return text.strip() if text else text


def address_of(kind: ChannelKind, text: str, secret: SecretStr) -> ChannelAddress:
    """The address as it is kept; `secret` is a webhook's. Raises ValidationError."""
    match kind:
        case ChannelKind.EMAIL:
            return EmailAddress(email=SecretStr(text))
        case ChannelKind.WEBHOOK:
            return WebhookAddress(url=SecretStr(text), secret=secret)
        case _:
            return AppriseAddress(url=SecretStr(text))


def problem_of(kind: ChannelKind, text: str, *, is_private: bool) -> str:
    """What is wrong with an address, in words; empty if it can be kept. `is_private` lets it do without TLS."""
    if len(text) > _LONGEST[kind]:
        return lazy_gettext("This address is too long.")
    if kind is ChannelKind.APPRISE and (found := apprise_problem(text)):
        return _APPRISE_PROBLEMS[found]
    if kind is ChannelKind.WEBHOOK and not text.startswith(("https://", "http://") if is_private else "https://"):
        return lazy_gettext("The address has to begin with https://")
    try:
        address_of(kind, text, SecretStr("-" * 40))
    except ValidationError:
        is_mail = kind is ChannelKind.EMAIL
        return lazy_gettext("This is not an e-mail address.") if is_mail else lazy_gettext("This is not an address.")
    return ""


def _levels() -> list[tuple[str, str]]:
    return [(level.value, LEVELS[level]) for level in Level]


class ChannelForm(Form):
    """What a channel is called, and what is told there."""

    label = StringField(
        lazy_gettext("Name"),
        filters=[_stripped],
        validators=[Length(max=100, message=lazy_gettext("This name is too long."))],
    )
    level = SelectField(
        lazy_gettext("What is told here"),
        choices=_levels,
        default=Level.RESULTS.value,
        validate_choice=False,
        validators=[AnyOf([level.value for level in Level], message=_FROM_LIST)],
    )
    door_code = BooleanField(lazy_gettext("Door codes may be sent here"))

    def wished(self) -> Wished:
        """What is wished. The form has to be valid."""
        return Wished(self.label.data or "", Level(self.level.data), bool(self.door_code.data))


class _AddressForm(ChannelForm):
    """One with an address, which an existing channel may keep."""

    kind = ChannelKind.APPRISE
    address: Field

    def of(self, *, is_new: bool, is_private: bool) -> None:
        """For a new channel, or one that has an address; for an installation that may ask private addresses."""
        self._is_new, self._is_private = is_new, is_private

    def validate_address(self, field: Field) -> None:
        """Said at the field: what is wrong with it."""
        text = str(field.data or "")
        if not text and self._is_new:
            raise FieldError(_NEEDED)
        if text and (problem := problem_of(self.kind, text, is_private=self._is_private)):
            raise FieldError(problem)


class EmailChannelForm(_AddressForm):
    """E-mail."""

    kind = ChannelKind.EMAIL
    address = EmailField(lazy_gettext("E-mail address"), filters=[_stripped])


class ServiceChannelForm(_AddressForm):
    """Another service, by Apprise."""

    kind = ChannelKind.APPRISE
    address = StringField(lazy_gettext("Address of the service"), filters=[_stripped])


class WebhookChannelForm(_AddressForm):
    """A webhook."""

    kind = ChannelKind.WEBHOOK
    address = URLField(lazy_gettext("Address of the webhook"), filters=[_stripped])


ADDRESS_FORMS: Final[dict[ChannelKind, type[_AddressForm]]] = {
    form.kind: form for form in (EmailChannelForm, ServiceChannelForm, WebhookChannelForm)
}
AddressForm = _AddressForm


class BrowserForm(Form):
    """A browser's push subscription, as its script has it."""

    endpoint = HiddenField(validators=[Length(max=2000)])
    p256dh = HiddenField(validators=[Length(max=100)])
    auth = HiddenField(validators=[Length(max=30)])

    def subscription(self) -> PushAddress:
        """Where the browser is notified. Raises ValidationError."""
        endpoint, p256dh, auth = (SecretStr(field.data or "") for field in (self.endpoint, self.p256dh, self.auth))
        return PushAddress(endpoint=endpoint, p256dh=p256dh, auth=auth)


def _full_hours() -> list[tuple[str, str]]:
    return [("", gettext("none")), *((str(hour), full_hour(hour)) for hour in _HOURS)]


def before(count: int) -> str:
    """How long before a session: `2 hours before`; `never` for no time at all."""
    if not count:
        return gettext("never")
    # Not more roughly than it is: 90 minutes are not two hours.
    unit: Any = "hour" if count % 60 == 0 else "minute"
    length = format_timedelta(timedelta(minutes=count), granularity=unit, threshold=1_000_000, locale=locale())
    return gettext("%(time)s before", time=length)


def _reminders() -> list[tuple[str, str]]:
    return [(str(count), before(count)) for count in _REMINDERS_MIN]


class TellingForm(Form):
    """Quiet hours, and when to remind."""

    quiet_from = SelectField(
        lazy_gettext("Quiet hours from"),
        choices=_full_hours,
        default="",
        validate_choice=False,
        validators=[AnyOf(["", *(str(hour) for hour in _HOURS)], message=_FROM_LIST)],
    )
    quiet_until = SelectField(
        lazy_gettext("Quiet hours until"),
        choices=_full_hours,
        default="",
        validate_choice=False,
        validators=[AnyOf(["", *(str(hour) for hour in _HOURS)], message=_FROM_LIST)],
    )
    remind = SelectField(
        lazy_gettext("Remind me of a session"),
        choices=_reminders,
        default="120",
        validate_choice=False,
        validators=[Optional(), AnyOf([str(count) for count in _REMINDERS_MIN], message=_FROM_LIST)],
    )

    @classmethod
    def showing(cls, telling: Telling) -> "TellingForm":
        """The form with what is kept."""
        quiet = telling.quiet
        return cls(
            quiet_from="" if quiet is None else str(quiet.from_hour),
            quiet_until="" if quiet is None else str(quiet.until_hour),
            remind=str(telling.remind_before_min),
        )

    def validate_quiet_from(self, field: Field) -> None:
        """Needed once the end is chosen."""
        if self.quiet_until.data and not field.data:
            raise FieldError(lazy_gettext("Choose both hours, or none."))

    def validate_quiet_until(self, field: Field) -> None:
        """Needed once the beginning is chosen, and another hour."""
        if self.quiet_from.data and not field.data:
            raise FieldError(lazy_gettext("Choose both hours, or none."))
        if field.data and field.data == self.quiet_from.data:
            raise FieldError(lazy_gettext("Choose two different hours."))

    def telling(self) -> Telling:
        """What is wished. The form has to be valid."""
        hours: Sequence[str] = [one for one in (self.quiet_from.data, self.quiet_until.data) if one]
        quiet = QuietHours(from_hour=int(hours[0]), until_hour=int(hours[1])) if hours else None
        return Telling(quiet=quiet, remind_before_min=int(self.remind.data or 0))
