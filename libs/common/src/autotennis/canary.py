"""Where it is noted how a club's pages were when they were looked through last."""

from datetime import timedelta
from typing import Final

import structlog
from pydantic import ValidationError

from autotennis.domain.club_health import ClubHealth
from autotennis.ports import Note, Ports

_REMEMBERED: Final = timedelta(days=60)
_log = structlog.get_logger()


def health_of(ports: Ports, club_id: str) -> ClubHealth | None:
    """How the club's pages were; None if nobody has looked for long, or what was noted cannot be read."""
    note = ports.store.note(_key(club_id), ports.clock.now())
    if note is None:
        return None
    try:
        return ClubHealth.model_validate_json(note.text)
    except ValidationError:
        _log.warning("what was noted of a club's pages cannot be read", club_id=club_id)
        return None


def keep_health(ports: Ports, health: ClubHealth) -> None:
    """Notes it, in place of what was noted before."""
    note = Note(text=health.model_dump_json(), until=health.read_at + _REMEMBERED)
    ports.store.note_anew(_key(health.club_id), note)


def _key(club_id: str) -> str:
    return f"club-health/{club_id}"
