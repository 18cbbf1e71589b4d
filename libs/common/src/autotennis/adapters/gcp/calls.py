"""Calls to Firestore: how long they may take, when they are tried again, and what their errors mean.

Google's modules are imported on the first call, not before.
"""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, TypeVar

from autotennis.adapters.gcp.google_errors import is_shut_out, passes
from autotennis.errors import AutotennisError, Permanent, StoreBusy

if TYPE_CHECKING:
    from google.api_core.retry import Retry

_Given = TypeVar("_Given")

# One try of one call: short enough that a connection which went dead unnoticed is tried once more.
ATTEMPT_S: Final = 2.5
# Calls that may be repeated blindly are, for this long: then a dead server is reported.
REPEAT_S: Final = 8.0
# What others' writes thwart is read and computed again for this long.
SETTLE_S: Final = 20.0


class Conflict(StoreBusy):
    """Nothing was committed: a document is not as it was read, or is there already. Read again."""


class InDoubt(StoreBusy):
    """A commit was not answered: it may have happened, or happen yet. Read again."""


class StoreRefused(Permanent):
    """Firestore refuses the call as it is, and always will: what to mend stands in the text."""


def repeated(call: Callable[[], _Given]) -> _Given:
    """The call, again and again while it raises StoreBusy; for calls that do no harm twice. Raises StoreBusy."""
    return _again(call, StoreBusy, first_s=0.05, for_s=REPEAT_S)


def settled(call: Callable[[], _Given]) -> _Given:
    """The call, which reads and commits, again and again while it raises Conflict or InDoubt. Raises StoreBusy."""
    return _again(call, (Conflict, InDoubt), first_s=0.02, for_s=SETTLE_S)


def once() -> "Retry":
    """The policy for Google's own client never to repeat a call: `retry=None` breaks its queries."""
    from google.api_core.retry import Retry

    return Retry(predicate=_never)


@contextmanager
def reading() -> Generator[None, None, None]:
    """Turns the errors of a call that reads into ours: StoreBusy, StoreRefused."""
    with _translated(_meaning):
        yield


@contextmanager
def committing() -> Generator[None, None, None]:
    """Turns the errors of a commit into ours: Conflict, InDoubt, StoreRefused."""
    with _translated(_meaning_of_commit):
        yield


def _again(
    call: Callable[[], _Given], on: type[StoreBusy] | tuple[type[StoreBusy], ...], first_s: float, for_s: float
) -> _Given:
    from google.api_core.exceptions import RetryError
    from google.api_core.retry import Retry

    def is_meant(error: BaseException) -> bool:
        return isinstance(error, on)

    # The waits between are random, up to a bound that doubles: who collided does not collide in step.
    retry = Retry(predicate=is_meant, initial=first_s, maximum=1.0, multiplier=2.0, timeout=for_s)
    try:
        return retry(call)()
    except RetryError as error:
        last = error.cause
        raise StoreBusy(f"Firestore could not be used for {for_s:g} s. The last time: {last}") from last


@contextmanager
def _translated(meaning: Callable[[Exception], AutotennisError]) -> Generator[None, None, None]:
    from google.api_core.exceptions import GoogleAPIError
    from google.auth.exceptions import GoogleAuthError

    try:
        yield
    except (GoogleAPIError, GoogleAuthError) as error:
        # Google's text names documents, and a name can be the hash of an address: it stays out, in the cause too.
        raise meaning(error) from None


def _meaning_of_commit(error: Exception) -> AutotennisError:
    from google.api_core import exceptions

    # NotFound: a document that was read is gone. Should the whole database be missing, the next reading tells.
    if isinstance(error, (exceptions.FailedPrecondition, exceptions.Conflict, exceptions.NotFound)):
        return Conflict("Others are writing to the same documents.")
    meaning = _meaning(error)
    return InDoubt(str(meaning)) if isinstance(meaning, StoreBusy) else meaning


def _meaning(error: Exception) -> AutotennisError:
    from google.api_core import exceptions

    what = type(error).__name__
    if passes(error):
        return StoreBusy(f"Firestore does not answer as it should ({what}).")
    if is_shut_out(error):
        return StoreRefused(f"Firestore does not let this program in ({what}): give its account roles/datastore.user.")
    if isinstance(error, exceptions.NotFound):
        return StoreRefused("Firestore knows no such database: make the project's default database in native mode.")
    if isinstance(error, exceptions.FailedPrecondition):
        return StoreRefused(
            "Firestore lacks an index for a query: set up those in deploy/terraform/foundation/firestore.indexes.json."
        )
    return StoreRefused(f"Firestore does not take a call ({what}).")


def _never(_error: Exception) -> bool:
    return False
