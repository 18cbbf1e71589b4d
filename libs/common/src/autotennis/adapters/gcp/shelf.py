"""What every part of the store in Firestore has in common: how documents are made, changed and listed."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from autotennis.adapters.gcp import rows
from autotennis.adapters.gcp.calls import Conflict, InDoubt, settled
from autotennis.adapters.gcp.documents import Create, Document, Documents, Key, Update, Write
from autotennis.adapters.gcp.queries import Lookup
from autotennis.errors import NotFound
from autotennis.values import Value

_Kept = TypeVar("_Kept", bound=Value)

# As many documents as one answer brings where it is not known how many are needed.
_PAGE: Final = 300

# Given what holds the claim and what has the name, if anything: raises what is wrong with that.
_Refuse = Callable[[Document | None, Document | None], None]


@dataclass(frozen=True, slots=True)
class Computed(Generic[_Kept]):
    """What comes of a change: the value, its document's fields, and what else is written with it."""

    after: _Kept
    fields: Mapping[str, Any]
    others: Sequence[Write]


class Shelf:
    """A part of the store."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def _add(self, key: Key, fields: Mapping[str, Any]) -> None:
        """Commits a new document, unless it is there."""

        def add() -> None:
            if self._documents.get(key) is None:
                self._documents.commit(Create(key, fields))

        settled(add)

    def _create(self, new: Create, claim: Create, others: Sequence[Write], refuse: _Refuse) -> None:
        """Commits a new document and its claim once. `refuse` may say what is wrong with what is there already.

        The mark tells a commit that was not answered from one that did not happen.
        """
        mark = self._documents.new_name()
        marked = Create(new.key, rows.marked(new.fields, mark))

        def create() -> None:
            try:
                self._documents.commit(marked, claim, *others)
            except (Conflict, InDoubt):
                # In this order: a commit that arrives between the two readings is still known as our own.
                rival = self._documents.get(claim.key)
                same = self._documents.get(new.key)
                if same is None or not rows.bears(same, mark):
                    refuse(rival, same)
                    raise

        settled(create)

    def _change(self, key: Key, kind: type[_Kept], compute: Callable[[_Kept], Computed[_Kept]]) -> _Kept:
        """Commits what `compute` makes of the newest version, once; the mark is as in `_create`."""
        mark = self._documents.new_name()

        def change() -> _Kept:
            document = self._existing(key, kind)
            before = rows.read(kind, document)
            if rows.bears(document, mark):
                return before
            computed = compute(before)
            update = Update(document, rows.marked(computed.fields, mark, document))
            self._documents.commit(update, *computed.others)
            return computed.after

        return settled(change)

    def _existing(self, key: Key, kind: type[Value]) -> Document:
        document = self._documents.get(key)
        if document is None:
            raise NotFound(f"There is no such {kind.__name__.lower()}.")
        return document

    def _all(self, lookup: Lookup, about: Mapping[str, Any]) -> Iterator[Document]:
        """Everything that fits, read as it is asked for."""
        page: Sequence[Document] = self._documents.find(lookup, about, _PAGE)
        yield from page
        while len(page) == _PAGE:
            page = self._documents.find(lookup, about, _PAGE, after=page[-1])
            yield from page
