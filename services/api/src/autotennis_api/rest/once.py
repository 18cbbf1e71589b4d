"""Sent twice, done once: requests under an Idempotency-Key are answered again as they were for a day."""

import hashlib
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from flask import Response, request
from pydantic import ValidationError

from autotennis.ports import Note
from autotennis.values import Value
from autotennis_api.desk import desk, me
from autotennis_api.rest.problems import Problem

HEADER: Final = "Idempotency-Key"
KEY_PATTERN: Final = "^[A-Za-z0-9_-]{1,100}$"
_REMEMBERED: Final = timedelta(days=1)
# Who died on the way has not answered by then, and may be asked again; of its own name another may be at once.
_LONGEST: Final = timedelta(minutes=1)


class _Done(Value):
    """A request and its answer; `status` is 0 as long as it is being carried out by whoever has `turn`."""

    asked: str
    turn: str
    status: int = 0
    location: str = ""
    body: str = ""


def carried_out(act: Callable[[], Response]) -> Response:
    """The answer; under a key that was used before, the one that was given then. Raises Problem."""
    key = request.headers.get(HEADER)
    if key is None:
        return act()
    if not re.fullmatch(KEY_PATTERN, key):
        raise Problem(400, "bad-request", f"An {HEADER} is up to 100 letters, digits, hyphens and underscores.")
    return _once(f"rest/{me().id}/{key}", act)


def _once(name: str, act: Callable[[], Response]) -> Response:
    turn = desk().turns.begin()
    try:
        return _in_turn(name, _Done(asked=_asked(), turn=turn), act)
    finally:
        desk().turns.end(turn)


def _in_turn(name: str, mine: _Done, act: Callable[[], Response]) -> Response:
    ports = desk().ports
    now = ports.clock.now()
    kept = _read(desk().turns.take(name, _note(mine, now + _LONGEST), lambda note: _open_turn(note, mine), now))
    if kept.turn != mine.turn:
        return _again(kept, mine)
    try:
        answer = act()
    except BaseException:
        # Nothing came of it, so the same may be asked again.
        ports.store.forget_note(name)
        raise
    done = {"status": answer.status_code, "location": answer.headers["Location"], "body": answer.get_data(as_text=True)}
    ports.store.note_anew(name, _note(mine.model_copy(update=done), ports.clock.now() + _REMEMBERED))
    return answer


def _again(kept: _Done, asked: _Done) -> Response:
    if kept.asked != asked.asked:
        raise Problem(422, "key-used")
    if not kept.status:
        raise Problem(409, "key-in-use", retry_after_s=1)
    return Response(kept.body, kept.status, {"Location": kept.location}, content_type="application/json")


def _open_turn(note: Note, mine: _Done) -> str:
    """Whose turn it is at the same request, as long as it is not answered; empty if that is not so."""
    kept = _read(note)
    return "" if kept.status or kept.asked != mine.asked else kept.turn


def _asked() -> str:
    return hashlib.sha256(b"\n".join((request.path.encode(), request.get_data()))).hexdigest()


def _note(done: _Done, until: object) -> Note:
    return Note.model_validate({"text": done.model_dump_json(), "until": until})


def _read(note: Note) -> _Done:
    try:
        return _Done.model_validate_json(note.text)
    except ValidationError:
        raise Problem(409, "key-in-use", retry_after_s=60) from None
