"""What the notifier is told by the environment."""

from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, model_validator

from autotennis.shared_settings import MessageSettings


class NotifierSettings(MessageSettings):
    """The settings of every service, and what is needed to send messages."""

    smtp_url: SecretStr = Field(
        default=SecretStr(""),
        description="Where e-mail is handed in: `smtps://user:password@mail.example.org:465`, or `smtp://` with "
        "STARTTLS (without it only on this machine); signs like `@` in the password as `%40`. Empty: no e-mail.",
    )

    @model_validator(mode="after")
    def _mail_has_a_sender(self) -> Self:
        if self.smtp_url:
            _check_smtp(self.smtp_url.get_secret_value())
            if not self.mail_from:
                raise ValueError("AUTOTENNIS_SMTP_URL needs AUTOTENNIS_MAIL_FROM too")
        return self


def _check_smtp(address: str) -> None:
    """Raises ValueError, which does not repeat the address: it holds a password."""
    try:
        url = urlsplit(address)
        is_good = url.scheme in ("smtp", "smtps") and bool(url.hostname) and url.port != 0
    except ValueError:
        is_good = False
    if not is_good:
        raise ValueError("AUTOTENNIS_SMTP_URL has to be such as smtps://user:password@mail.example.org:465")
