"""What pages look like once a part of the site was made anew: the same to people, and strange to programs."""

from collections.abc import Iterable, Mapping
from typing import Final

from practice_club.knobs import Rebuilt

# As written on the page, and in its place.
_CHANGES: Final[Mapping[Rebuilt, tuple[tuple[bytes, bytes], ...]]] = {
    Rebuilt.FREE_PLACES: ((b'<div id="available_slots">', b'<section class="ledige-plasser"><div>'),),
    Rebuilt.TIMETABLE: ((b'<h4 id="treningsplan">', b'<h3 class="uke-plan">'),),
    Rebuilt.SESSION: ((b"Klokkeslett:", b"<b>Tid</b>"), (b"Dato:", b"<b>Dag</b>")),
    Rebuilt.LOGIN: ((b"Du er n&aring; innlogget som", b"Velkommen,"),),
}


def rebuilt(page: bytes, parts: Iterable[Rebuilt]) -> bytes:
    """The page with these parts made anew."""
    for part in parts:
        for before, after in _CHANGES[part]:
            page = page.replace(before, after)
    return page
