"""Values that are kept whole as JSON, in either family."""

import structlog
from pydantic import ValidationError

from autotennis.domain.experience import Experience

_log = structlog.get_logger()


def wrong_fields(error: ValidationError) -> str:
    """Which fields keep a body from being read. The values stay out: a member's hash could be among them."""
    names = sorted({".".join(str(part) for part in one["loc"]) for one in error.errors()})
    return ", ".join(filter(None, names)) or "it is no JSON object"


def experience_in(body: str, club: str) -> Experience:
    """What is known of the club; nothing where that cannot be read, since a race can do without."""
    try:
        return Experience.model_validate_json(body)
    except ValidationError as error:
        _log.warning("a club's experience cannot be read: it counts as none", club=club, reason=wrong_fields(error))
        return Experience()
