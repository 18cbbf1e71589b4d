"""Invitations in Firestore."""

from collections.abc import Callable, Sequence

from autotennis.adapters.gcp import queries, rows
from autotennis.adapters.gcp.shelf import Computed, Shelf
from autotennis.domain.invitation import Invitation


class InvitationShelf(Shelf):
    """The port Store, as far as it keeps invitations."""

    def add_invitation(self, invitation: Invitation) -> None:
        """Adds an invitation. Adding the same one again is harmless."""
        self._add(rows.invitation_key(invitation.id), rows.invitation_fields(invitation))

    def invitation(self, invitation_id: str) -> Invitation:
        """The invitation. Raises NotFound."""
        return rows.read(Invitation, self._existing(rows.invitation_key(invitation_id), Invitation))

    def invitations(self, limit: int = 100) -> Sequence[Invitation]:
        """All invitations, the newest first."""
        return rows.readable(Invitation, self._documents.find(queries.NEWEST_INVITATIONS, {}, limit))

    def change_invitation(self, invitation_id: str, fn: Callable[[Invitation], Invitation]) -> Invitation:
        """Commits `fn(invitation)` unless it changed meanwhile; then runs the pure `fn` again.

        Raises NotFound, StoreBusy.
        """

        def compute(before: Invitation) -> Computed[Invitation]:
            changed = fn(before)
            return Computed(changed, rows.invitation_fields(changed), ())

        return self._change(rows.invitation_key(invitation_id), Invitation, compute)
