"""A member's leaving for good, in Firestore: in commits of a bounded size, the account last.

Where it is stopped on the way, the account is there still, and doing it again finishes it.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, Final

from autotennis.adapters.gcp import queries, rows
from autotennis.adapters.gcp.documents import Delete, Document, Key
from autotennis.adapters.gcp.groups import GroupShelf
from autotennis.adapters.gcp.queries import Lookup
from autotennis.adapters.gcp.shelf import Computed
from autotennis.domain.booking import Booking
from autotennis.domain.leaving import without
from autotennis.domain.member import Member
from autotennis.errors import NotFound, Stale

# Firestore takes 500 writes in one commit.
_PAGE: Final = 400
_BOOKINGS: Final = 20
# What is deleted with a member, besides what needs more care; each is found by the member's id. Whatever else is kept
# of a member one day belongs here, too.
_OF_MEMBER: Final[Sequence[tuple[Lookup, str]]] = (
    (queries.SERIES_OF, "member_id"),
    (queries.INVITATIONS_MADE_BY, "made_by"),
    (queries.MESSAGES_OF, "member_id"),
)


class LeavingShelf(GroupShelf):
    """The port Store, as far as it forgets members."""

    def forget_member(self, member_id: str, now: datetime) -> None:
        """Deletes the account and all that is kept of it. Harmless when there is nothing (any more).

        Raises StoreBusy: then some of it is there, the account too, and it is to be done again.
        """
        while found := self._documents.find(queries.BOOKINGS_OF, {"member_id": member_id}, _BOOKINGS):
            for document in found:
                self._forget_booking(document, member_id)
        for lookup, field in _OF_MEMBER:
            self._delete_all(lookup, {field: member_id})
        self._leave_groups(member_id, now)
        self._forget_account(member_id)

    def _forget_booking(self, document: Document, member_id: str) -> None:
        # One that cannot be read goes all the same; nobody can be held to its session then.
        (booking,) = rows.readable(Booking, [document]) or (None,)
        claims: Sequence[Delete] = ()
        if booking:
            self._forget_who_asked(booking, member_id)
            claims = self._claims(booking)
        self._delete_all(queries.UNPUBLISHED_OF, {"booking_id": document.key.name})
        self._documents.commit(Delete(document.key), *claims)

    def _claims(self, booking: Booking) -> Sequence[Delete]:
        """A later booking of the same session may hold the claim: it goes with that one."""
        claim = self._documents.get(rows.live_claim(booking))
        return [Delete(claim.key)] if claim and claim.fields["booking_id"] == booking.id else []

    def _forget_who_asked(self, booking: Booking, member_id: str) -> None:
        if booking.bond is None:
            return
        for document in self._documents.find(queries.BOUND, {"bond_id": booking.bond.id}, _PAGE):
            if any(without(one, member_id) for one in rows.readable(Booking, [document])):
                self._forget_asker_of(document.key, member_id)

    def _forget_asker_of(self, key: Key, member_id: str) -> None:
        def compute(before: Booking) -> Computed[Booking]:
            changed = without(before, member_id) or before
            return Computed(changed, rows.booking_fields(changed), ())

        with suppress(NotFound):
            self._change(key, Booking, compute)

    def _leave_groups(self, member_id: str, now: datetime) -> None:
        while found := self._documents.find(queries.GROUPS_OF, {"member_ids": member_id}, _BOOKINGS):
            for document in found:
                with suppress(Stale, NotFound):
                    group = self.change_group(document.key.name, lambda it: it.left(member_id, now))
                    # Nobody can join a group without members, so it stays one.
                    if not group.members:
                        self._documents.commit(Delete(document.key))

    def _forget_account(self, member_id: str) -> None:
        account = self._documents.get(rows.member_key(member_id))
        if account is None:
            return
        found = rows.readable(Member, [account])
        self._documents.commit(Delete(account.key), *(Delete(rows.email_claim(one.email)) for one in found))

    def _delete_all(self, lookup: Lookup, about: dict[str, Any]) -> None:
        while found := self._documents.find(lookup, about, _PAGE):
            self._documents.commit(*(Delete(document.key) for document in found))
