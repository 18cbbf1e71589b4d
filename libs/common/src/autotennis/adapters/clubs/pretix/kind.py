"""Shops of pretix as a kind of club."""

from typing import Final

from autotennis.adapters.clubs.kind import ClubKind
from autotennis.adapters.clubs.pretix.client import PretixVisit
from autotennis.adapters.clubs.pretix.links import PretixLinks
from autotennis.adapters.clubs.site_club import Sites
from autotennis.adapters.clubs.transport import Manners
from autotennis.domain.club import DayCount, OpeningRule, RaceRules
from autotennis.ports import Traits

# A calendar that everybody sees, and a waiting list of the club's own.
_SITES: Final = Sites(
    PretixLinks,
    PretixVisit,
    Traits(has_timetable=True, has_fixed_places=False, has_list=True),
    Manners(acts=lambda url: url.path.endswith("/account/logout"), says_origin=True),
)

# What is too early is refused and does no harm. Requests that meet may take two places, and a small shop answers them
# one after another; a login is the most work that anybody can give it. To make a held place the member's takes four
# forms and the four pages that answer them. Each date's page tells its opening exactly: the rule is for those that none
# has been read of.
PRETIX: Final = ClubKind(
    opens=_SITES,
    race=RaceRules(shots=1, in_flight=1, repeats=False, early=True, logins=2, steps=8, locks_login=True),
    opening=OpeningRule(hours_before=72, counted=DayCount.CALENDAR),
)
