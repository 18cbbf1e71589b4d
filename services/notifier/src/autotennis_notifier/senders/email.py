"""E-mail, handed in at the installation's own server."""

import re
from email.header import Header
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import parseaddr
from typing import Final
from urllib.parse import unquote, urlsplit

import aiosmtplib
from pydantic import SecretStr

from autotennis.action_links import PATH
from autotennis.domain.channel import ChannelAddress, ChannelTrouble, EmailAddress
from autotennis.hosts import is_loopback
from autotennis.names import Names
from autotennis_notifier.letter import Letter, Refusal

# Headers are kept on one line each: addresses would be taken apart. Lines may have 998 characters (RFC 5322).
_POLICY: Final = SMTP.clone(max_line_length=900)
_FOR_GOOD: Final = 500
_LOOK_UPS: Final = 4
_PORTS: Final = {"smtps": 465, "smtp": 587}


class EmailSender:
    """Hands letters in as e-mail: text, HTML and an entry for the calendar.

    `smtps` has TLS from the first byte, `smtp` begins it by STARTTLS; only on this machine it may go without.
    """

    most = 20

    def __init__(self, smtp_url: SecretStr, mail_from: str) -> None:
        url = urlsplit(smtp_url.get_secret_value())
        self._from = mail_from
        self._host = url.hostname or ""
        self._port = url.port or _PORTS[url.scheme]
        self._user = unquote(url.username) if url.username else None
        self._password = unquote(url.password) if url.password else None
        self._tls = url.scheme == "smtps"
        self._start_tls = None if self._tls or is_loopback(self._host) else True
        self._names = Names(_LOOK_UPS)

    async def send(self, address: ChannelAddress, letter: Letter) -> Refusal | None:
        """Hands it in; gives why it was not taken, or None."""
        if not isinstance(address, EmailAddress):
            return Refusal(ChannelTrouble.BAD_ADDRESS, final=True)
        recipient = address.email.get_secret_value()
        try:
            # The client does it once more, in the threads that everything else is done in: not where nobody answers.
            await self._names.addresses(self._host, self._port)
            await aiosmtplib.send(
                # As bytes: the client would fold its lines anew.
                bytes_of(letter, self._from, recipient),
                sender=parseaddr(self._from)[1],
                recipients=[recipient],
                hostname=self._host,
                port=self._port,
                username=self._user,
                password=self._password,
                use_tls=self._tls,
                start_tls=None if self._tls else self._start_tls,
                timeout=10,
            )
        except aiosmtplib.SMTPAuthenticationError as error:
            return Refusal(ChannelTrouble.NOT_SET_UP, f"status {error.code}")
        except aiosmtplib.SMTPRecipientsRefused as error:
            return _refused(max((one.code for one in error.recipients), default=0))
        except aiosmtplib.SMTPResponseException as error:
            # Of the message or of us: nothing that its reader could mend.
            return Refusal(ChannelTrouble.BUSY, f"status {error.code}")
        except (aiosmtplib.SMTPException, OSError) as error:
            return Refusal(ChannelTrouble.NO_ANSWER, type(error).__name__)
        return None

    async def try_out(self) -> Refusal | None:
        """Signs in at the server and hands nothing in; gives why it did not take us, or None."""
        client = aiosmtplib.SMTP(
            hostname=self._host,
            port=self._port,
            username=self._user,
            password=self._password,
            use_tls=self._tls,
            start_tls=None if self._tls else self._start_tls,
            timeout=10,
        )
        try:
            await client.connect()
            await client.quit()
        except aiosmtplib.SMTPAuthenticationError as error:
            return Refusal(ChannelTrouble.NOT_SET_UP, f"status {error.code}")
        except (aiosmtplib.SMTPException, OSError) as error:
            return Refusal(ChannelTrouble.NO_ANSWER, type(error).__name__)
        finally:
            client.close()
        return None

    async def close(self) -> None:
        """There is no connection open between two letters."""
        await self._names.close()


def bytes_of(letter: Letter, sender: str, recipient: str) -> bytes:
    """The letter as it is handed in.

    The subject apart: words beyond ASCII are in pieces of 75 characters (RFC 2047), and addresses in one (RFC 2369).
    """
    subject = re.sub(r"\s+", " ", letter.subject)
    line = subject if subject.isascii() else Header(subject, "utf-8", header_name="Subject").encode(linesep="\r\n")
    return f"Subject: {line}\r\n".encode() + _message(letter, sender, recipient).as_bytes()


def _message(letter: Letter, sender: str, recipient: str) -> EmailMessage:
    """The letter without its subject. Sent again it has the same Message-ID, by which programs know it again."""
    host = parseaddr(sender)[1].rpartition("@")[2] or "localhost"
    mail = EmailMessage(policy=_POLICY)
    mail["From"], mail["To"] = sender, recipient
    mail["Message-ID"] = f"<{letter.id}@{host}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["Content-Language"] = letter.language
    if letter.urgent:
        mail["Importance"] = "high"
    if letter.silence:
        mail["List-Unsubscribe"] = f"<{letter.silence}>"
    if PATH in letter.silence:
        # A mail program may press it for its reader (RFC 8058).
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content(letter.text)
    mail.add_alternative(letter.html, subtype="html")
    if letter.calendar is not None:
        mail.add_attachment(letter.calendar, maintype="text", subtype="calendar", filename="tennis.ics")
    return mail


def _refused(code: int) -> Refusal:
    if code >= _FOR_GOOD:
        return Refusal(ChannelTrouble.REFUSED, f"status {code}", final=True)
    return Refusal(ChannelTrouble.BUSY, f"status {code}")
