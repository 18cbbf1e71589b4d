"""Who cannot sign in just now since it was tried too often: noted when a limit is reached, for operators to see.

The limits themselves are tallies, which tell nobody what they count. So the list of those that are reached is a note of
its own: without addresses, with what ends them. It is no condition of anything; what is lost of it when two are noted
at the same moment is noted again by the next try that is refused.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from pydantic import TypeAdapter, ValidationError

from autotennis.domain.member import email_key
from autotennis.ports import Note, Ports, Store
from autotennis.values import Instant, Value

_KEY: Final = "lockouts"
# The longest that anybody is shut out by a limit that is noted here.
_LONGEST: Final = timedelta(hours=1)
# Beyond that many the oldest are left out: an attack must not make the note grow for ever.
_MOST: Final = 200


class Lockout(Value):
    """A limit that is reached: of which rule, under which key it is counted, and until when.

    `about` is the digest of the account's address, empty where a network address is shut out.
    """

    rule: str
    key: str
    about: str
    until: Instant


_LOCKOUTS: Final = TypeAdapter(tuple[Lockout, ...])


def about(email: str) -> str:
    """The digest that stands for an account's address."""
    return hashlib.sha256(email_key(email).encode()).hexdigest()


def note(store: Store, reached: Lockout, now: datetime) -> None:
    """Notes that a limit is reached, once."""
    known = _in_force(store, now)
    if all(one.key != reached.key for one in known):
        _keep(store, [*known, reached][-_MOST:], now)


def counts(ports: Ports) -> Mapping[str, int]:
    """How many are shut out just now, by the rule."""
    return Counter(one.rule for one in _in_force(ports.store, ports.clock.now()))


def end_of(ports: Ports, email: str) -> int:
    """Lets whoever has this address try again from everywhere; gives how many limits had kept them out."""
    now, whose = ports.clock.now(), about(email)
    known = _in_force(ports.store, now)
    ended = [one for one in known if one.about == whose]
    for one in ended:
        ports.store.forget_tally(one.key)
    _keep(ports.store, [one for one in known if one not in ended], now)
    return len(ended)


def _in_force(store: Store, now: datetime) -> Sequence[Lockout]:
    kept = store.note_once(_KEY, Note(text="[]", until=now + _LONGEST), now)
    try:
        known = _LOCKOUTS.validate_json(kept.text)
    except ValidationError:
        return []  # another version's: the next one that is noted replaces it
    return [one for one in known if one.until > now]


def _keep(store: Store, lockouts: Sequence[Lockout], now: datetime) -> None:
    store.note_anew(_KEY, Note(text=_LOCKOUTS.dump_json(tuple(lockouts)).decode(), until=now + _LONGEST))
