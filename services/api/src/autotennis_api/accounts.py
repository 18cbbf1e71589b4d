"""What the pages do with accounts, free of Flask: register, sign in, change what is known of a member."""

from dataclasses import dataclass
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from pydantic import SecretStr

from autotennis.domain.member import Credentials, Member, email_key
from autotennis.errors import EmailTaken, NotFound, VaultLocked
from autotennis.member_secrets import credentials_of, keep_credentials
from autotennis.ports import Club, Ports
from autotennis_api import channels, check_ups, club_errands, club_logins, invitations, pauses
from autotennis_api.invitations import NotInvited, Pass
from autotennis_api.tries import Rule, Tries, address_key

# A club's password may be a PIN of four digits, so an account here is guarded by a better one of its own.
SHORTEST_PASSWORD: Final = 10
LONGEST_PASSWORD: Final = 200
# OWASP's least for argon2id: what a whole club that signs in at once costs a machine with one core and 512 MB. An
# account that was hashed otherwise is hashed anew when its owner signs in.
_HASH_KIB: Final = 19 * 1024
_HASH_PASSES: Final = 2
# Checked when there is no such account, so that the answer takes as long as for one that exists. No password is known
# that has it: its salt and its digest are nothing but zeros.
NOBODYS_HASH: Final = f"$argon2id$v=19$m={_HASH_KIB},t={_HASH_PASSES},p=1${'A' * 22}${'A' * 43}"


@dataclass(frozen=True, slots=True)
class Registration:
    """What somebody registers with, and from which network address."""

    club_id: str
    at_club: Credentials
    password: SecretStr
    language: str
    address: str


class Accounts:
    """The members' accounts."""

    def __init__(self, ports: Ports, tries: Tries, *, sends_mail: bool = False) -> None:
        """With `sends_mail`, new accounts are told by e-mail what comes of their bookings, until they choose."""
        self._ports = ports
        self._sends_mail = sends_mail
        self._tries = tries
        self._hasher = PasswordHasher(memory_cost=_HASH_KIB, time_cost=_HASH_PASSES, parallelism=1)

    def register(self, asked: Registration, entry: Pass) -> Member:
        """Opens an account for whoever the club lets in with these credentials.

        Whether an address has an account already is told only to whoever the club knows under it. Raises TooManyTries,
        LoginRefused, ClubBusy, ClubUnreachable, PageNotUnderstood, EmailTaken, NotInvited; then nothing was saved.
        """
        club, club_member_id = self._log_in_at_club(asked.club_id, asked.at_club, asked.address, _of_form(asked))
        member = Member(
            id=self._ports.ids.new(),
            email=asked.at_club.email,
            password_hash=self._hasher.hash(asked.password.get_secret_value()),
            language=asked.language,
            created_at=self._ports.clock.now(),
        ).proven(club.rules.id, self._ports.clock.now())
        if club_member_id is not None:
            member = member.known_at(club.rules.id, club_member_id)
        return self._admit(member, club, asked.at_club, entry)

    def reset_password(self, asked: Registration) -> Member:
        """The account with a new password, for whoever the club lets in under its address.

        Only a club where the account has a login under this address already can vouch for its owner: another one may
        have given the address to somebody else. Raises TooManyTries, LoginRefused, ClubBusy, ClubUnreachable,
        PageNotUnderstood, NotFound without such an account; then the earlier password stays.
        """
        club, _ = self._log_in_at_club(asked.club_id, asked.at_club, asked.address, _of_form(asked))
        member = self._ports.store.member_by_email(asked.at_club.email)
        if member is None or not self._has_login_at(member, club, asked.at_club.email):
            raise NotFound("There is no account with this e-mail address.")
        keep_credentials(self._ports.vault, member.id, club.rules.id, asked.at_club)
        # Whoever had the account in hand meanwhile may have made tokens.
        self._ports.store.change_member(member.id, lambda it: it.without_tokens())
        check_ups.check_with_new_login(self._ports, member.id, club.rules.id)
        return self._set_password(member, asked.password)

    def _has_login_at(self, member: Member, club: Club, email: str) -> bool:
        try:
            kept = credentials_of(self._ports.vault, member.id, club.rules.id)
            return kept is not None and email_key(kept.email) == email_key(email)
        except VaultLocked:
            return True  # there is one, though it cannot be read: it is about to be replaced

    def _log_in_at_club(
        self, club_id: str, at_club: Credentials, address: str, counted_for: str
    ) -> tuple[Club, int | None]:
        """Logs in at the club, once; gives the club, and the member's id there if a page shows it."""
        club = self._ports.clubs[club_id]
        with self._tries.room.waiting_for(club):
            self._tries.count_club_login(counted_for, address_key(address))
            pauses.refuse_while_paused(self._ports, club_id)
            return club, club_errands.log_in(club, at_club)

    def _admit(self, member: Member, club: Club, at_club: Credentials, entry: Pass) -> Member:
        # The secret first: an account without one could book and would fail, a secret without an account is only dust.
        keep_credentials(self._ports.vault, member.id, club.rules.id, at_club)
        try:
            told = channels.told_by_email(self._ports, member) if self._sends_mail else member
            return invitations.admit(self._ports, told, entry)
        except (EmailTaken, NotInvited):
            self._ports.vault.forget(member.id)
            raise

    def sign_in(self, email: str, password: SecretStr, address: str) -> Member | None:
        """The account, or None if the address or the password is wrong: not told which. Raises TooManyTries."""
        who, where = email_key(email), address_key(address)
        self._tries.count(Rule.SIGN_IN_FROM_ADDRESS, where)
        self._tries.count(Rule.SIGN_IN_OF_EMAIL_FROM_ADDRESS, f"{who} {where}")
        self._tries.count(Rule.SIGN_IN_OF_EMAIL, who)
        member = self._ports.store.member_by_email(email)
        if not self._is_right(password, member.password_hash if member else NOBODYS_HASH) or member is None:
            return None
        self._tries.forget(Rule.SIGN_IN_OF_EMAIL_FROM_ADDRESS, f"{who} {where}")
        if self._hasher.check_needs_rehash(member.password_hash):
            return self._set_password(member, password)
        return member

    def change_password(self, member: Member, old: SecretStr, new: SecretStr) -> Member | None:
        """The account with its new password; None if the old one is wrong. Raises TooManyTries."""
        return self._set_password(member, new) if self.is_password_of(member, old) else None

    def is_password_of(self, member: Member, password: SecretStr) -> bool:
        """Whether it is the account's. Counted as the trying of a password change. Raises TooManyTries."""
        self._tries.count(Rule.PASSWORD_CHANGE_OF_MEMBER, member.id)
        if not self._is_right(password, member.password_hash):
            return False
        self._tries.forget(Rule.PASSWORD_CHANGE_OF_MEMBER, member.id)
        return True

    def change_club_password(self, member: Member, club_id: str, password: SecretStr, address: str) -> Member:
        """Keeps a new club password, for the address that the club knows the member by; otherwise as `keep_login`."""
        email = club_logins.email_at(self._ports.vault, member, club_id)
        return self.keep_login(member, club_id, Credentials(email=email, password=password), address)

    def keep_login(self, member: Member, club_id: str, at_club: Credentials, address: str) -> Member:
        """Keeps what the member logs in to the club with, if the club lets them in with it.

        Raises TooManyTries, LoginRefused, ClubBusy, ClubUnreachable, PageNotUnderstood; then the earlier one is kept.
        """
        _, found = self._log_in_at_club(club_id, at_club, address, _of_member(member, at_club))
        keep_credentials(self._ports.vault, member.id, club_id, at_club)
        at = self._ports.clock.now()

        def noted(it: Member) -> Member:
            proven = it.proven(club_id, at)
            return proven if found is None else proven.known_at(club_id, found)

        changed = self._ports.store.change_member(member.id, noted)
        check_ups.check_with_new_login(self._ports, member.id, club_id)
        return changed

    def change_language(self, member: Member, language: str) -> Member:
        """The account with another language."""
        return self._ports.store.change_member(
            member.id, lambda now: Member.model_validate({**dict(now), "language": language})
        )

    def _set_password(self, member: Member, password: SecretStr) -> Member:
        hashed = self._hasher.hash(password.get_secret_value())
        return self._ports.store.change_member(member.id, lambda now: now.with_password(hashed))

    def _is_right(self, password: SecretStr, hashed: str) -> bool:
        try:
            return self._hasher.verify(hashed, password.get_secret_value())
        except (VerificationError, InvalidHashError):
            return False


def _of_member(member: Member, at_club: Credentials) -> str:
    """Under what a login is counted that a member asks for.

    Not for their own address: whoever knows that could use its tries up by the forms for everybody. Another one's is
    counted for all members together, since it may be somebody else's.
    """
    own = email_key(at_club.email) == email_key(member.email)
    return f"member {member.id}" if own else f"members {email_key(at_club.email)}"


def _of_form(asked: Registration) -> str:
    """Under what a login is counted that somebody asks for whom we do not know."""
    return email_key(asked.at_club.email)
