"""What Firestore's errors mean to us, and that nothing of Google is imported before it is needed."""

import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from google.api_core import exceptions
from google.auth.exceptions import DefaultCredentialsError, RefreshError

from autotennis.adapters.gcp.calls import Conflict, InDoubt, StoreRefused, committing, reading, repeated, settled
from autotennis.adapters.gcp.documents import name_of
from autotennis.errors import AutotennisError, Permanent, StoreBusy, Transient

SECRET = "projects/p/documents/emails/3f8a"
Translation = Callable[[], AbstractContextManager[None]]


def translated(translation: Translation, error: Exception) -> AutotennisError:
    with pytest.raises(AutotennisError) as raised, translation():
        raise error
    return raised.value


@pytest.mark.parametrize(
    ("error", "read", "committed"),
    [
        (exceptions.ServiceUnavailable(SECRET), StoreBusy, InDoubt),
        (exceptions.DeadlineExceeded(SECRET), StoreBusy, InDoubt),
        (exceptions.InternalServerError(SECRET), StoreBusy, InDoubt),
        (exceptions.Unknown(SECRET), StoreBusy, InDoubt),
        (exceptions.Cancelled(SECRET), StoreBusy, InDoubt),
        (exceptions.ResourceExhausted(SECRET), StoreBusy, InDoubt),
        (exceptions.RetryError(SECRET, None), StoreBusy, InDoubt),
        (RefreshError(SECRET, retryable=True), StoreBusy, InDoubt),
        (exceptions.Aborted(SECRET), StoreBusy, Conflict),
        (exceptions.AlreadyExists(SECRET), StoreRefused, Conflict),
        (exceptions.FailedPrecondition(SECRET), StoreRefused, Conflict),
        (exceptions.NotFound(SECRET), StoreRefused, Conflict),
        (exceptions.PermissionDenied(SECRET), StoreRefused, StoreRefused),
        (exceptions.Unauthenticated(SECRET), StoreRefused, StoreRefused),
        (exceptions.InvalidArgument(SECRET), StoreRefused, StoreRefused),
        (DefaultCredentialsError(SECRET), StoreRefused, StoreRefused),
        (RefreshError(SECRET), StoreRefused, StoreRefused),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else value.__name__,
)
def test_what_an_error_means(error: Exception, read: type[Exception], committed: type[Exception]) -> None:
    for translation, kind in ((reading, read), (committing, committed)):
        ours = translated(translation, error)
        assert type(ours) is kind
        assert SECRET not in str(ours)
        assert ours.__suppress_context__


def test_which_of_them_may_succeed_later() -> None:
    assert issubclass(Conflict, StoreBusy)
    assert issubclass(InDoubt, StoreBusy)
    assert issubclass(StoreBusy, Transient)
    assert issubclass(StoreRefused, Permanent)


def test_our_own_errors_and_bugs_come_out_as_they_are() -> None:
    for translation in (reading, committing):
        with pytest.raises(ZeroDivisionError), translation():
            raise ZeroDivisionError


@pytest.mark.parametrize(
    ("again", "error", "is_tried_again"),
    [
        (repeated, StoreBusy("."), True),
        (repeated, Conflict("."), True),
        (repeated, InDoubt("."), True),
        (repeated, StoreRefused("."), False),
        (settled, Conflict("."), True),
        (settled, InDoubt("."), True),
        # A server that cannot be read from was asked long enough.
        (settled, StoreBusy("."), False),
        (settled, StoreRefused("."), False),
    ],
)
def test_what_is_tried_again(again: Callable[[Callable[[], str]], str], error: Exception, is_tried_again: bool) -> None:
    errors = iter([error])

    def call() -> str:
        for one in errors:
            raise one
        return "done"

    if is_tried_again:
        assert again(call) == "done"
    else:
        with pytest.raises(type(error)):
            again(call)


@pytest.mark.parametrize("plain", ["b-1", "M_1", "0" * 64, "_x"])
def test_plain_ids_are_names(plain: str) -> None:
    assert name_of(plain) == plain


def test_other_texts_have_names_of_their_own() -> None:
    odd = ["", ".", "..", "a/b", "__x__", "æ", "a" * 65, "~a", "a\n"]
    names = [name_of(text) for text in odd]
    assert all(name.startswith("~") and "/" not in name and len(name) == 65 for name in names)
    assert len(set(names)) == len(odd)


def test_making_a_store_imports_nothing_of_google() -> None:
    program = """
import sys
from autotennis.adapters.gcp.documents import Documents
from autotennis.adapters.gcp.meter import Meter
from autotennis.adapters.gcp.place import Place
from autotennis.adapters.gcp.store import GcpStore
documents = Documents(Place("nowhere", "", ""), Meter())
GcpStore(documents)
documents.close()
print([name for name in sys.modules if name.startswith(("google", "grpc"))])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=30)  # noqa: S603 (our own)
    assert done.stdout.strip() == "[]"
