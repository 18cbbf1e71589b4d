"""Groups in Firestore."""

from collections.abc import Callable, Sequence

from autotennis.adapters.gcp import queries, rows
from autotennis.adapters.gcp.shelf import Computed, Shelf
from autotennis.domain.group import Group


class GroupShelf(Shelf):
    """The port Store, as far as it keeps groups."""

    def add_group(self, group: Group) -> None:
        """Adds a group. Adding the same one again is harmless."""
        self._add(rows.group_key(group.id), rows.group_fields(group))

    def group(self, group_id: str) -> Group:
        """The group. Raises NotFound."""
        return rows.read(Group, self._existing(rows.group_key(group_id), Group))

    def groups_of(self, member_id: str, limit: int = 100) -> Sequence[Group]:
        """The groups that the member is in, the oldest first."""
        found = self._documents.find(queries.GROUPS_OF, {"member_ids": member_id}, limit)
        return sorted(rows.readable(Group, found), key=lambda group: group.created_at)

    def change_group(self, group_id: str, fn: Callable[[Group], Group]) -> Group:
        """Commits `fn(group)` unless it changed meanwhile; then runs the pure `fn` again.

        Raises NotFound, StoreBusy.
        """

        def compute(before: Group) -> Computed[Group]:
            changed = fn(before)
            return Computed(changed, rows.group_fields(changed), ())

        return self._change(rows.group_key(group_id), Group, compute)
