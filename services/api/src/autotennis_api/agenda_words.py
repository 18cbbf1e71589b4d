"""What the agenda says of a booking, in a sentence or two."""

from datetime import datetime, timedelta
from typing import Final

from autotennis.domain.booking import Booking
from autotennis.domain.club import ClubRules
from autotennis.domain.session import starts_at
from autotennis.values import Activity, Seen
from autotennis_api.agenda import Mend, tried_while_waiting
from autotennis_api.brief import short_time
from autotennis_api.dates import each
from autotennis_api.texts import gettext, lazy_gettext, ngettext

ACTIVITIES: Final = {
    Activity.TENNIS: lazy_gettext("Tennis"),
    Activity.PADEL: lazy_gettext("Padel"),
}

MENDS: Final = {
    Mend.PASSWORD: lazy_gettext("Enter the club password anew"),
    Mend.AGAIN: lazy_gettext("Book again"),
    Mend.AT_CLUB: lazy_gettext("Open the session at the club"),
    Mend.PICK: lazy_gettext("Pick another session"),
}


def plan(booking: Booking, club: ClubRules, now: datetime) -> str:
    """What will happen with a booking whose opening is ahead, in one sentence."""
    today = now.astimezone(club.zone).date()
    opens = short_time(booking.opening_at.astimezone(club.zone), today)
    if booking.seeks_fixed_place:
        return gettext(
            "We confirm your fixed place %(opens)s; if the club's page offers you none, we sign you up when it opens.",
            opens=opens,
        )
    if not booking.waiting.wanted:
        return gettext("Opens %(opens)s; we sign you up then; if it is full we do not wait.", opens=opens)
    last = starts_at(booking.session, club.zone) - timedelta(minutes=booking.waiting.notice_min)
    until = short_time(last.astimezone(club.zone), today)
    return gettext(
        "Opens %(opens)s; we sign you up then; if it is full we wait until %(until)s.", opens=opens, until=until
    )


def where(seen: Seen | None) -> str:
    """What the club said of the session: `Tennis, Nordhallen, Bane 1, level M`; empty where nothing is known."""
    if seen is None:
        return ""
    level = gettext("level %(level)s", level=seen.level) if seen.level else ""
    activity = str(ACTIVITIES[seen.activity]) if seen.activity else ""
    return ", ".join(part for part in (activity, seen.place, seen.court, level) if part)


def looked(booking: Booking, club: ClubRules, now: datetime) -> str:
    """How a freed place is looked for, how often one was tried for, and when the wait ends."""
    today = now.astimezone(club.zone).date()
    ends = short_time(starts_at(booking.session, club.zone).astimezone(club.zone), today)
    often = each(club.watch.every_s)
    told = gettext(
        "We look at the club %(often)s, and give up when the session starts, %(ends)s.", often=often, ends=ends
    )
    tried = tried_while_waiting(booking)
    if tried is None:
        return told
    last = short_time(tried.last_at.astimezone(club.zone), today)
    return f"{told} " + ngettext(
        "A freed place was tried for %(num)s time, %(last)s.",
        "A freed place was tried for %(num)s times, last %(last)s.",
        tried.count,
        last=last,
    )
