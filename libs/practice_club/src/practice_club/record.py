"""What the club remembers of every request: enough for a judgement, and never a PIN, a cookie or a page."""

from collections import deque
from dataclasses import dataclass

from practice_club.model import SessionKey
from practice_club.times import write_spilletid
from practice_club.vocabulary import Action, Verdict

KEPT_REQUESTS = 200_000


@dataclass(slots=True)
class RequestRecord:
    """One request. All instants are nanoseconds since 1970 on the club's clock.

    `arrived_ns`: after the network, before any queue. `decided_ns`: when the club decided, None if it never did.
    `answered_ns`: the end of its work, cut to whole seconds in the answer's `Date`. Where the club has several servers,
    they are on the clock of the request's own, `server`.
    """

    number: int
    connection: int
    arrived_ns: int
    method: str
    path: str
    action: Action
    timeid: int | None
    spilletid: str | None
    user_agent: str
    member_id: int | None = None
    decided_ns: int | None = None
    answered_ns: int | None = None
    verdict: Verdict | None = None
    status: int | None = None
    fault: str | None = None
    server: int = 0


class Record:
    """The requests, in the order of their arrival."""

    def __init__(self) -> None:
        self.requests: deque[RequestRecord] = deque(maxlen=KEPT_REQUESTS)
        self.total = 0

    def add(self, request: RequestRecord) -> None:
        """Keep a request; the oldest go when there are too many."""
        self.total += 1
        self.requests.append(request)

    def clear(self) -> None:
        """Forget all requests; the numbering goes on."""
        self.requests.clear()

    def of_session(self, key: SessionKey) -> list[RequestRecord]:
        """The requests that named a session, however its hour was written."""
        spilletid = write_spilletid(key.start)
        return [r for r in self.requests if r.timeid == key.timeid and r.spilletid == spilletid]
