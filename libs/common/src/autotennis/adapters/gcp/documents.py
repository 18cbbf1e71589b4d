# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
# (Google's client tells half of its types; this is the only file that touches it)
"""Firestore as its adapters use it: documents by name, queries with a limit, commits of several writes at once.

Every call is counted, ends within seconds, and raises errors of ours.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from autotennis.adapters.gcp import calls
from autotennis.adapters.gcp.lazily import Lazily
from autotennis.adapters.gcp.meter import Meter, Use
from autotennis.adapters.gcp.place import Place
from autotennis.adapters.gcp.queries import Lookup

if TYPE_CHECKING:
    from google.cloud.firestore import Client, DocumentReference, DocumentSnapshot, Query, WriteBatch

# What our ids are made of. Firestore keeps names that begin with two underscores for itself.
_PLAIN: Final = re.compile(r"(?!__)[A-Za-z0-9_-]{1,64}")


class _Stamp(Enum):
    COMMIT_TIME = "commit time"


# As a field's value: the instant of the commit, on Firestore's own clock.
COMMIT_TIME: Final = _Stamp.COMMIT_TIME


class Key(NamedTuple):
    """Where a document is. Make names of what others wrote with `name_of`."""

    collection: str
    name: str


@dataclass(frozen=True, slots=True)
class Document:
    """A document as it was read. A query may have asked for some of its fields only."""

    key: Key
    fields: Mapping[str, Any]
    snapshot: "DocumentSnapshot[DocumentReference]"


@dataclass(frozen=True, slots=True)
class Create:
    """Writes a document that must not be there: Conflict if it is."""

    key: Key
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Update:
    """Writes these fields of a document that must be as it was read: Conflict if it is not. Others stay."""

    document: Document
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Set:
    """Writes a document in place of whatever is there."""

    key: Key
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Delete:
    """Deletes a document; harmless if it is not there."""

    key: Key


Write = Create | Update | Set | Delete


class Documents:
    """The database of one project, shared by all threads and adapters of a process.

    Making it does nothing; the first call imports Google's client and connects. So it may be made before a process
    forks, and is used after.
    """

    def __init__(self, place: Place, meter: Meter) -> None:
        self._meter = meter
        self._client = Lazily(lambda: _connected(place), lambda client: client.close())

    @property
    def client(self) -> "Client":
        """Google's own client, made on first use. What is done with it directly is neither counted nor translated."""
        return self._client.get()

    def get(self, key: Key) -> Document | None:
        """The document, None if there is none. Raises StoreBusy, StoreRefused."""

        def get() -> Document | None:
            with calls.reading():
                found = _document(self._reference(key).get(retry=calls.once(), timeout=calls.ATTEMPT_S))
            self._meter.count(Use.DOCUMENT_READS)
            return found

        return calls.repeated(get)

    def find(
        self, lookup: Lookup, values: Mapping[str, Any], limit: int, after: Document | Mapping[str, Any] | None = None
    ) -> Sequence[Document]:
        """The first `limit` documents of a query that asks for `values` (by field).

        `after` goes on behind a document that was found, or behind all those with its values of the order's fields.
        Raises StoreBusy, StoreRefused.
        """

        def find() -> Sequence[Document]:
            with calls.reading():
                query = _limited(self._query(lookup, values), limit, after)
                found = [_document(one) for one in query.get(retry=calls.once(), timeout=calls.ATTEMPT_S)]
            # A query that finds nothing is billed as one read.
            self._meter.count(Use.DOCUMENT_READS, max(1, len(found)))
            return [document for document in found if document]

        return calls.repeated(find)

    def commit(self, *writes: Write) -> None:
        """Makes all these writes or none, at most 500.

        Where all are Set and Delete, it is tried again until it succeeds or StoreBusy is raised. Otherwise it is tried
        once: Conflict says that nothing was written, InDoubt that nobody knows; read again (see `calls.settled`).
        Raises StoreRefused.
        """
        if all(isinstance(write, Set | Delete) for write in writes):
            calls.repeated(lambda: self._commit(writes))
        else:
            self._commit(writes)

    def new_name(self) -> str:
        """A name that no document bears, from the source that Google's client names documents from."""
        with calls.reading():
            return str(self.client.collection("names").document().id)

    def close(self) -> None:
        """Gives the connections back. Call it when nobody uses them any more."""
        self._client.close()

    def _commit(self, writes: Sequence[Write]) -> None:
        with calls.committing():
            batch = self.client.batch()
            for write in writes:
                self._add(batch, write)
            batch.commit(retry=calls.once(), timeout=calls.ATTEMPT_S)
        deletes = sum(isinstance(write, Delete) for write in writes)
        self._meter.count(Use.DOCUMENT_DELETES, deletes)
        self._meter.count(Use.DOCUMENT_WRITES, len(writes) - deletes)

    def _add(self, batch: "WriteBatch", write: Write) -> None:
        match write:
            case Create():
                batch.create(self._reference(write.key), _sent(write.fields))
            case Set():
                batch.set(self._reference(write.key), _sent(write.fields))
            case Delete():
                batch.delete(self._reference(write.key))
            case Update():
                seen = write.document.snapshot
                unchanged = self.client.write_option(last_update_time=seen.update_time)
                batch.update(seen.reference, _sent(write.fields), option=unchanged)

    def _query(self, lookup: Lookup, values: Mapping[str, Any]) -> "Query":
        from google.cloud.firestore import FieldFilter

        query = self.client.collection(lookup.collection).select(lookup.fields)
        for field, operator in lookup.conditions():
            query = query.where(filter=FieldFilter(field, operator, values[field]))
        for order in lookup.order:
            query = query.order_by(order.field, direction=order.direction)
        return query

    def _reference(self, key: Key) -> "DocumentReference":
        return self.client.collection(key.collection).document(key.name)


def _connected(place: Place) -> "Client":
    from google.cloud import firestore

    client = firestore.Client(project=place.project, database=place.database)
    # Its connection, too, is made here and once: by itself each thread that comes first makes one.
    _ = client._firestore_api  # noqa: SLF001 (nothing public makes it)  # pyright: ignore[reportPrivateUsage, reportUnknownVariableType] (likewise)
    return client


def name_of(text: str) -> str:
    """The document name for an id or any other text: itself where Firestore takes it, else a hash of it."""
    if _PLAIN.fullmatch(text):
        return text
    # No plain name begins with a tilde.
    return f"~{hashed(text)}"


def hashed(text: str) -> str:
    """A name that tells nothing of the text."""
    return hashlib.sha256(text.encode()).hexdigest()


def _limited(query: "Query", limit: int, after: Document | Mapping[str, Any] | None) -> "Query":
    if after is None:
        return query.limit(limit)
    behind = after.snapshot if isinstance(after, Document) else dict(after)
    return query.start_after(behind).limit(limit)


def _sent(fields: Mapping[str, Any]) -> dict[str, Any]:
    from google.cloud.firestore import SERVER_TIMESTAMP

    return {name: SERVER_TIMESTAMP if value is COMMIT_TIME else value for name, value in fields.items()}


def _document(snapshot: "DocumentSnapshot[DocumentReference]") -> Document | None:
    fields = snapshot.to_dict()
    if fields is None:
        return None
    return Document(Key(snapshot.reference.parent.id, snapshot.id), fields, snapshot)
