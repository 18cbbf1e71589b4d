"""The club's pages, read by pure functions: bytes in, values out, nothing raised for what a page holds."""

from autotennis.adapters.clubs.login import LoginPage
from autotennis.ports import SessionPage
from autotennis.values import Session


def read_session(body: bytes, session: Session) -> SessionPage:
    """What the page says about this session, to whoever is logged in.

    `signed_up` only by something that nobody else is shown. Whatever is not understood is `unknown`, with a
    fingerprint: `autotennis.adapters.clubs.answers.not_understood`.
    """
    raise NotImplementedError("Write read_session: markup.parsed(...) gives the page, Verdict(kind=...) what it says.")


def read_login(body: bytes) -> LoginPage:
    """Accepted only by proof, refused only where the page says so; all else is unclear.

    Say the member's own number where the page shows it: nothing is asked in the name of anybody else then.
    """
    raise NotImplementedError("Write read_login: what does only the page of somebody have who is logged in?")
