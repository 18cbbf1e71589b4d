# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# (Google's client tells half of its types)
"""Follows bookings: prints each fact of one once, as a line, however often it is delivered.

    python docs/examples/follow_bookings.py --data-dir var/practice
    python docs/examples/follow_bookings.py --project my-project --prefix autotennis

The first follows an installation on one machine and needs nothing but Python. The second follows one in the cloud (or
on the emulator, which PUBSUB_EMULATOR_HOST names), through subscriptions of its own, and needs google-cloud-pubsub.
Nothing of Autotennis is imported: what the messages hold is said in docs/events.md. With `--known FILE` the ids of what
was printed are kept there, so that after a restart it goes on where it was.
"""

import argparse
import json
import signal
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

# What is followed, of all that there is.
KINDS = ("BookingRequested", "SessionFull", "Booked", "Failed", "BookingCancelled", "Withdrawn")
VERSION = 1
LOOK_EVERY_S = 0.5
LOOK_FOR_S = 3.0
AT_ONCE = 100
# Somebody wants it to end.
STOPPING = threading.Event()


@dataclass(frozen=True)
class Message:
    """One delivery: the event's id, its bytes, and what to call once it is dealt with."""

    event_id: str
    data: bytes
    done: Callable[[], object]


class Known:
    """The ids of the events that were dealt with; kept in a file if one is named."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._ids = set(file.read_text().splitlines()) if file and file.exists() else set[str]()

    def __contains__(self, event_id: str) -> bool:
        return event_id in self._ids

    def add(self, event_id: str) -> None:
        """Remembers one."""
        self._ids.add(event_id)
        if self._file:
            with self._file.open("a") as kept:
                kept.write(f"{event_id}\n")


def follow(messages: Iterable[Message], known: Known) -> None:
    """Prints what is not known yet. First it is printed, then noted, then acknowledged: nothing is lost on the way."""
    for message in messages:
        if STOPPING.is_set():
            return  # it was not acknowledged, and comes again to whoever follows next
        if message.event_id not in known:
            tell(json.loads(message.data))
            known.add(message.event_id)
        message.done()


def tell(event: dict[str, Any]) -> None:
    """Prints one event. Fields that are not known are let pass; of a version that is not known nothing can be said."""
    if event["version"] != VERSION:
        print(f"{event['kind']} of version {event['version']} is not understood", file=sys.stderr)
        return
    session = event["session"]
    why = event["failure"]["reason"] if event["kind"] == "Failed" else ""
    slot = session.get("slot") or session["timeid"]
    words = (event["at"], event["kind"], event["booking_id"], f"{slot}@{session['start']}", why)
    print("  ".join(filter(None, words)), flush=True)


def on_one_machine(data_dir: Path, *, from_the_beginning: bool) -> Iterator[Message]:
    """What is published on the embedded bus: from now on, or all that it still keeps."""
    path = data_dir.resolve() / "autotennis.db"
    marks = ", ".join("?" for _ in KINDS)
    with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as database:
        seen = 0 if from_the_beginning else database.execute("SELECT coalesce(max(seq), 0) FROM messages").fetchone()[0]
        print("Following", file=sys.stderr, flush=True)
        while not STOPPING.is_set():
            rows = database.execute(
                f"SELECT seq, event_id, data FROM messages WHERE seq > ? AND kind IN ({marks}) ORDER BY seq LIMIT ?",  # noqa: S608 (question marks)
                (seen, *KINDS, AT_ONCE),
            ).fetchall()
            for seq, event_id, data in rows:
                yield Message(event_id, data, done=lambda: None)
                seen = seq
            if len(rows) < AT_ONCE:
                STOPPING.wait(LOOK_EVERY_S)


def on_pubsub(project: str, prefix: str, name: str) -> Iterator[Message]:
    """What is published on Pub/Sub since the subscriptions of this name were first made."""
    from google.api_core.exceptions import AlreadyExists, DeadlineExceeded
    from google.cloud.pubsub_v1 import SubscriberClient

    with SubscriberClient() as subscriber, ThreadPoolExecutor(len(KINDS)) as pool:

        def pulled(subscription: str) -> list[Message]:
            asked = {"subscription": subscription, "max_messages": AT_ONCE}
            try:
                answer = subscriber.pull(request=asked, retry=None, timeout=LOOK_FOR_S)
            except DeadlineExceeded:
                return []  # there was nothing within that time
            return [message(subscription, one) for one in answer.received_messages]

        def message(subscription: str, received: Any) -> Message:
            done = {"subscription": subscription, "ack_ids": [received.ack_id]}
            event_id, data = received.message.attributes["event_id"], received.message.data
            return Message(event_id, data, done=lambda: subscriber.acknowledge(request=done))

        subscriptions = {f"projects/{project}/subscriptions/{prefix}-{name}-{kind}": kind for kind in KINDS}
        for subscription, kind in subscriptions.items():
            topic = f"projects/{project}/topics/{prefix}-{kind}"
            # Where it is there already, what was published meanwhile waits in it.
            with suppress(AlreadyExists):
                subscriber.create_subscription(request={"name": subscription, "topic": topic})
        print("Following", file=sys.stderr, flush=True)
        while not STOPPING.is_set():
            for messages in pool.map(pulled, subscriptions):
                yield from messages


def interrupted(_number: int, _frame: object) -> None:
    """Notes it, and raises nothing: in the middle of a request an exception may get lost."""
    STOPPING.set()


def main() -> int:
    """Follows until it is interrupted."""
    # A shell that starts it in the background has it ignore interrupts otherwise.
    signal.signal(signal.SIGINT, interrupted)
    parser = argparse.ArgumentParser(description="Prints each fact of a booking once.")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--data-dir", type=Path, help="of an installation on one machine, for example var/practice")
    where.add_argument("--project", help="of an installation in Google Cloud, or on the emulator")
    parser.add_argument("--prefix", default="autotennis", help="AUTOTENNIS_GCP_PREFIX of the installation")
    parser.add_argument("--name", default="follow-bookings", help="what your subscriptions are called")
    parser.add_argument("--known", type=Path, help="a file for the ids of what was printed")
    options = parser.parse_args()
    known = Known(options.known)
    if options.project:
        messages = on_pubsub(options.project, options.prefix, options.name)
    else:
        messages = on_one_machine(options.data_dir, from_the_beginning=options.known is not None)
    try:
        follow(messages, known)
        return 0
    except sqlite3.OperationalError as error:
        print(f"{options.data_dir} cannot be read: {error}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
