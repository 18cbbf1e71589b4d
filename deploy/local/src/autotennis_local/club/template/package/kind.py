"""What sites of this kind have and bear."""

from typing import Final

from autotennis.adapters.clubs.kind import ClubKind
from autotennis.adapters.clubs.site_club import Sites
from autotennis.adapters.clubs.transport import Manners
from autotennis.domain.club import RaceRules
from autotennis.ports import Traits
from autotennis_local.club.template.package.client import ExampleVisit, is_action
from autotennis_local.club.template.package.links import ExampleLinks

# As careful as can be: nothing is sent before the opening, and one sign-up at a time. Once you know what such sites
# bear, say so here.
_BEARS: Final = RaceRules(shots=1, in_flight=1, repeats=False, early=False)

_SITES: Final = Sites(
    links=ExampleLinks,
    visit=ExampleVisit,
    traits=Traits(has_timetable=False),
    manners=Manners(acts=is_action),
)

EXAMPLE: Final = ClubKind(opens=_SITES, race=_BEARS)
