"""Accounts that tests start from: as registering makes them, but without the forms and the club's login."""

from typing import Final

from argon2 import PasswordHasher
from flask import session
from pydantic import SecretStr
from support.api_site import CLUB_ID, PASSWORD, PIN, Site, Visitor

from autotennis.domain.member import Credentials, Member
from autotennis.member_secrets import keep_credentials
from autotennis_api import channels, doors, invitations
from autotennis_api.desk import EXTENSION
from autotennis_api.invitations import Pass

# Of the strength that the pages have, so that nobody's is renewed at sign-in. All have one password, and one salt.
_HASH: Final = PasswordHasher(memory_cost=19 * 1024, time_cost=2, parallelism=1).hash(PASSWORD)


def come_in(site: Site, email: str, language: str = "en") -> tuple[Visitor, Member]:
    """Somebody with an account, in a browser that is signed in. The club knows them by this address and `PIN`."""
    account = _account(site, email, language)
    visitor = site.visitor(language)
    with site.app.test_request_context():
        doors.sign_in(account)
        begun = dict(session)
    with visitor.client.session_transaction() as kept:
        kept.update(begun)
    return visitor, site.ports.store.member(account.id)


def _account(site: Site, email: str, language: str) -> Member:
    ports = site.ports
    now = ports.clock.now()
    made = Member(id=ports.ids.new(), email=email, password_hash=_HASH, language=language, created_at=now)
    member = made.proven(CLUB_ID, now)
    keep_credentials(ports.vault, member.id, CLUB_ID, Credentials(email=email, password=SecretStr(PIN)))
    sends_mail = bool(site.app.extensions[EXTENSION].settings.mail_from)
    return invitations.admit(ports, channels.told_by_email(ports, member) if sends_mail else member, Pass())
